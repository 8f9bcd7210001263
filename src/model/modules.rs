//! The seven linear modules of a block, the places where an adapter can sit.

use super::config::ModelConfig;

/// A linear module of a decoder block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// Query projection.
    Q,
    /// Key projection.
    K,
    /// Value projection.
    V,
    /// Output projection of attention.
    O,
    /// Gate of the feed-forward part.
    Gate,
    /// Up projection of the feed-forward part.
    Up,
    /// Down projection of the feed-forward part.
    Down,
}

impl Module {
    /// All seven, in the order of a forward pass.
    pub const ALL: [Module; 7] =
        [Module::Q, Module::K, Module::V, Module::O, Module::Gate, Module::Up, Module::Down];

    /// Place in [`Module::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Path inside a block, as in transformers and PEFT.
    pub fn path(self) -> &'static str {
        match self {
            Module::Q => "self_attn.q_proj",
            Module::K => "self_attn.k_proj",
            Module::V => "self_attn.v_proj",
            Module::O => "self_attn.o_proj",
            Module::Gate => "mlp.gate_proj",
            Module::Up => "mlp.up_proj",
            Module::Down => "mlp.down_proj",
        }
    }

    /// The last part of the path, what PEFT's `target_modules` names.
    pub fn name(self) -> &'static str {
        self.path().rsplit('.').next().unwrap_or_default()
    }

    /// llama.cpp's name inside a block.
    pub fn gguf(self) -> &'static str {
        match self {
            Module::Q => "attn_q",
            Module::K => "attn_k",
            Module::V => "attn_v",
            Module::O => "attn_output",
            Module::Gate => "ffn_gate",
            Module::Up => "ffn_up",
            Module::Down => "ffn_down",
        }
    }

    /// The full path in the model, `model.layers.3.self_attn.q_proj`.
    pub fn full_path(self, layer: usize) -> String {
        format!("model.layers.{layer}.{}", self.path())
    }

    /// (outputs, inputs).
    pub fn shape(self, config: &ModelConfig) -> (usize, usize) {
        let (q, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        match self {
            Module::Q => (q, config.hidden),
            Module::K | Module::V => (kv, config.hidden),
            Module::O => (config.hidden, q),
            Module::Gate | Module::Up => (config.intermediate, config.hidden),
            Module::Down => (config.hidden, config.intermediate),
        }
    }

    /// Whether a bias is added to its product.
    pub fn has_bias(self, config: &ModelConfig) -> bool {
        match self {
            Module::Q | Module::K | Module::V | Module::O => config.attention_bias,
            Module::Gate | Module::Up | Module::Down => config.mlp_bias,
        }
    }
}

/// Modules of a block that read the same input and are computed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Query, key and value.
    Attention,
    /// Attention's output.
    Output,
    /// Gate and up.
    FeedForward,
    /// Down.
    Down,
}

impl Group {
    /// All four, in the order of a forward pass.
    pub const ALL: [Group; 4] = [Group::Attention, Group::Output, Group::FeedForward, Group::Down];

    /// Its modules.
    pub fn modules(self) -> &'static [Module] {
        match self {
            Group::Attention => &[Module::Q, Module::K, Module::V],
            Group::Output => &[Module::O],
            Group::FeedForward => &[Module::Gate, Module::Up],
            Group::Down => &[Module::Down],
        }
    }
}
