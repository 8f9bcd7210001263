//! Elementwise kernels: exponential, softmax, SwiGLU. Written so that the compiler vectorises them.

/// e^x with a relative error under 2e-7 for -87 < x < 88 (Cephes' expf polynomial); 0 below.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-87.0, 88.0);
    // Round to nearest through the mantissa: f32::round has no vector form on every target.
    const MAGIC: f32 = 12_582_912.0;
    let n = (clamped * LOG2_E + MAGIC) - MAGIC;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_1e-4f32;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_6e-1;
    p = p * r + 5e-1;
    let y = p * r * r + r + 1.0;
    let scale = f32::from_bits((((n as i32) + 127) << 23) as u32);
    if x < -87.0 { 0.0 } else { y * scale }
}

macro_rules! vectorised {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty)? $body:block) => {
        $(#[$doc])*
        $vis fn $name($($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $type),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw")]
                fn wide($($arg: $type),*) $(-> $ret)? { body($($arg),*) }
                #[target_feature(enable = "avx2,fma")]
                fn narrow($($arg: $type),*) $(-> $ret)? { body($($arg),*) }
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512bw") {
                    // SAFETY: the features were just detected.
                    return unsafe { wide($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the features were just detected.
                    return unsafe { narrow($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use vectorised;

vectorised! {
    /// Replaces every value by its exponential.
    pub fn exp_in_place(x: &mut [f32]) {
        for v in x.iter_mut() {
            *v = exp(*v);
        }
    }
}

vectorised! {
    /// Softmax of the whole slice; returns the logarithm of the normaliser, ln Σ e^x.
    pub fn softmax_in_place(x: &mut [f32]) -> f32 {
        let max = x.iter().fold(f32::NEG_INFINITY, |a, b| if *b > a { *b } else { a });
        for v in x.iter_mut() {
            *v = exp(*v - max);
        }
        let mut lanes = [0f32; 16];
        let whole = x.len() / 16 * 16;
        for chunk in x[..whole].chunks_exact(16) {
            for (lane, v) in lanes.iter_mut().zip(chunk) {
                *lane += *v;
            }
        }
        let sum = lanes.iter().sum::<f32>() + x[whole..].iter().sum::<f32>();
        let inverse = 1.0 / sum;
        for v in x.iter_mut() {
            *v *= inverse;
        }
        max + sum.ln()
    }
}

vectorised! {
    /// `gate ← silu(gate) · up`, with silu(x) = x / (1 + e^-x).
    pub fn silu_mul(gate: &mut [f32], up: &[f32]) {
        for (g, u) in gate.iter_mut().zip(up) {
            *g = *g / (1.0 + exp(-*g)) * *u;
        }
    }
}

vectorised! {
    /// Gradients of `silu(gate)·up` for the upstream gradient `grad`: into `gate_grad` and `up_grad`.
    pub fn silu_mul_backward(gate: &[f32], up: &[f32], grad: &[f32], gate_grad: &mut [f32], up_grad: &mut [f32]) {
        for i in 0..gate.len().min(up.len()).min(grad.len()).min(gate_grad.len()).min(up_grad.len()) {
            let sigmoid = 1.0 / (1.0 + exp(-gate[i]));
            up_grad[i] = grad[i] * gate[i] * sigmoid;
            gate_grad[i] = grad[i] * up[i] * sigmoid * (1.0 + gate[i] * (1.0 - sigmoid));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_a_few_ulps_of_the_standard_library() {
        for i in -8600..8700 {
            let x = i as f32 * 0.01;
            let (got, want) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / want - 1.0).abs() < 4e-7, "exp({x}) = {got}, want {want}");
        }
        assert_eq!(exp(-1000.0), 0.0);
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn softmax_sums_to_one_and_returns_the_normaliser() {
        let mut x: Vec<f32> = (0..37).map(|i| (i as f32 * 0.37).sin() * 5.0).collect();
        let want = x.iter().map(|v| f64::from(*v).exp()).sum::<f64>().ln();
        let log_z = softmax_in_place(&mut x);
        assert!((f64::from(log_z) - want).abs() < 1e-5);
        assert!((x.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}
