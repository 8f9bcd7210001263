//! `adapter_config.json` as PEFT writes it: every field is honoured, known to be harmless, or refused by name.

use crate::error::{Error, IoContext, Result};
use crate::model::Module;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The fields of a LoRA configuration that decide what an adapter computes.
#[derive(Debug, Clone)]
pub struct PeftConfig {
    /// Rank where no pattern says otherwise.
    pub r: usize,
    /// α where no pattern says otherwise.
    pub alpha: f64,
    /// Scale by α/√r instead of α/r.
    pub rslora: bool,
    /// The base the adapter was trained on, as its config names it.
    pub base: Option<String>,
    rank_pattern: Vec<(Regex, f64)>,
    alpha_pattern: Vec<(Regex, f64)>,
    target: Target,
    exclude: Target,
    layers: Option<Vec<usize>>,
    path: PathBuf,
}

#[derive(Debug, Clone)]
enum Target {
    None,
    AllLinear,
    Names(Vec<String>),
    Pattern(Regex),
}

/// Fields without effect on inference.
const HARMLESS: [&str; 15] = [
    "peft_type",
    "task_type",
    "inference_mode",
    "lora_dropout",
    "peft_version",
    "revision",
    "auto_mapping",
    "base_model_name_or_path",
    "runtime_config",
    "eva_config",
    "corda_config",
    "ensure_weight_tying",
    "loftq_config",
    "megatron_core",
    "qalora_group_size",
];

/// Fields that this reader applies.
const HONOURED: [&str; 11] = [
    "r",
    "lora_alpha",
    "use_rslora",
    "rank_pattern",
    "alpha_pattern",
    "target_modules",
    "exclude_modules",
    "layers_to_transform",
    "layers_pattern",
    "init_lora_weights",
    "bias",
];

impl PeftConfig {
    /// Reads `adapter_config.json`.
    ///
    /// # Errors
    /// When the file is not PEFT's LoRA, or sets a field that this engine cannot honour.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).doing("read the adapter's configuration", path)?;
        Self::parse(&text, path)
    }

    /// Parses the text of `adapter_config.json`; `path` only names it in errors.
    ///
    /// # Errors
    /// As [`PeftConfig::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(|e| {
            Error::cannot_run("the adapter's configuration is not a JSON object")
                .at(path, e.line())
                .because(e)
        })?;
        let kind = fields.get("peft_type").and_then(Value::as_str).unwrap_or("missing");
        if kind != "LORA" {
            return Err(Error::cannot_run(format!("the adapter's peft_type is {kind}"))
                .in_file(path)
                .key("peft_type")
                .expected("LORA"));
        }
        for (key, value) in &fields {
            let known = HARMLESS.contains(&key.as_str()) || HONOURED.contains(&key.as_str());
            if !known && !is_unset(value) {
                return Err(Error::cannot_run(format!(
                    "the adapter sets `{key}`, which this engine cannot apply"
                ))
                .in_file(path)
                .key(key)
                .expected("the field absent, null, false or empty")
                .help("merge the adapter into its base with PEFT, or retrain it as a plain LoRA"));
            }
        }
        let get = |key: &str| fields.get(key).filter(|v| !v.is_null());
        let fail = |key: &str, expected: &str| {
            Error::cannot_run("a field of the adapter's configuration cannot be used")
                .in_file(path)
                .key(key)
                .expected(expected)
        };
        if get("bias").is_some_and(|bias| bias != "none") {
            return Err(fail("bias", "none; trained biases are not supported"));
        }
        check_init(get("init_lora_weights"), &fail)?;
        if let Some(pattern) = get("layers_pattern").filter(|v| !is_unset(v)) {
            let names: Vec<&str> = match pattern {
                Value::String(s) => vec![s.as_str()],
                Value::Array(v) => v.iter().filter_map(Value::as_str).collect(),
                _ => vec![],
            };
            if !names.iter().any(|n| n.ends_with("layers")) {
                return Err(fail("layers_pattern", "a pattern that names `layers`"));
            }
        }
        let number = |key: &str, default: f64| match get(key) {
            None => Ok(default),
            Some(v) => v.as_f64().filter(|n| n.is_finite()).ok_or_else(|| fail(key, "a number")),
        };
        let r = number("r", 8.0)?;
        if !is_rank(r) {
            return Err(fail("r", RANK));
        }
        let rank_pattern = patterns(get("rank_pattern"), "rank_pattern", &fail)?;
        if !rank_pattern.iter().all(|(_, r)| is_rank(*r)) {
            return Err(fail("rank_pattern", RANK));
        }
        let rslora = match get("use_rslora") {
            None => false,
            Some(v) => v.as_bool().ok_or_else(|| fail("use_rslora", "true or false"))?,
        };
        let layers = match get("layers_to_transform") {
            None => None,
            Some(Value::Array(v)) => Some(v.iter().map(Value::as_u64).collect::<Option<Vec<_>>>()),
            Some(v) => Some(v.as_u64().map(|n| vec![n])),
        };
        let layers = layers
            .map(|l| {
                l.ok_or_else(|| fail("layers_to_transform", "a layer or a list of layers, counted from 0"))
            })
            .transpose()?
            .map(|l| l.into_iter().map(|n| n as usize).collect());
        Ok(Self {
            r: r as usize,
            alpha: number("lora_alpha", 8.0)?,
            rslora,
            base: get("base_model_name_or_path").and_then(Value::as_str).map(str::to_owned),
            rank_pattern,
            alpha_pattern: patterns(get("alpha_pattern"), "alpha_pattern", &fail)?,
            target: Target::parse(get("target_modules"), "target_modules", &fail)?,
            exclude: Target::parse(get("exclude_modules"), "exclude_modules", &fail)?,
            layers,
            path: path.to_path_buf(),
        })
    }

    /// A configuration of one rank and α on these modules of all layers: what this crate writes.
    pub fn of(r: usize, alpha: f64, rslora: bool, targets: &[Module]) -> Self {
        Self {
            r,
            alpha,
            rslora,
            base: None,
            rank_pattern: Vec::new(),
            alpha_pattern: Vec::new(),
            target: Target::Names(targets.iter().map(|m| m.name().to_owned()).collect()),
            exclude: Target::None,
            layers: None,
            path: PathBuf::new(),
        }
    }

    /// The JSON that PEFT loads for a configuration of [`PeftConfig::of`], trained with so much dropout.
    pub fn to_json(&self, dropout: f64) -> Value {
        let targets = Module::ALL.into_iter().filter(|m| self.targets(0, *m)).map(Module::name);
        json!({
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": self.base,
            "r": self.r,
            "lora_alpha": self.alpha,
            "lora_dropout": dropout,
            "use_rslora": self.rslora,
            "bias": "none",
            "inference_mode": true,
            "target_modules": targets.collect::<Vec<_>>(),
        })
    }

    /// Whether the adapter sits on this module of this layer.
    pub fn targets(&self, layer: usize, module: Module) -> bool {
        let path = module.full_path(layer);
        if self.exclude.matches(&path) {
            return false;
        }
        let listed = matches!(self.target, Target::Names(_));
        let in_layers = !listed || self.layers.as_ref().is_none_or(|l| l.contains(&layer));
        in_layers && self.target.matches(&path)
    }

    /// Whether the configuration says which modules it targets.
    pub fn declares_targets(&self) -> bool {
        !matches!(self.target, Target::None)
    }

    /// Rank and scale of one module: s = α/r, or α/√r with rsLoRA, with that module's own α and r.
    pub fn rank_and_scale(&self, layer: usize, module: Module) -> (usize, f32) {
        let path = module.full_path(layer);
        let find =
            |patterns: &[(Regex, f64)]| patterns.iter().find(|(p, _)| p.is_match(&path)).map(|(_, v)| *v);
        let r = find(&self.rank_pattern).map_or(self.r, |r| r as usize);
        let alpha = find(&self.alpha_pattern).unwrap_or(self.alpha);
        let divisor = if self.rslora { (r as f64).sqrt() } else { r as f64 };
        (r, (alpha / divisor) as f32)
    }

    /// The file it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What every rank must be.
const RANK: &str = "a whole number from 1 to 65536";

fn is_rank(r: f64) -> bool {
    (1.0..=65_536.0).contains(&r) && r.fract() == 0.0
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(s) => s.is_empty(),
        Value::Array(v) => v.is_empty(),
        Value::Object(m) => m.is_empty(),
        _ => false,
    }
}

fn check_init(value: Option<&Value>, fail: &impl Fn(&str, &str) -> Error) -> Result<()> {
    const FINE: [&str; 4] = ["gaussian", "orthogonal", "eva", "true"];
    match value {
        Some(Value::String(s)) if !FINE.contains(&s.as_str()) => Err(fail(
            "init_lora_weights",
            "true, gaussian, orthogonal or eva; the others change the base (convert the adapter with PEFT's \
             path_initial_model_for_weight_conversion)",
        )),
        _ => Ok(()),
    }
}

/// PEFT's rule: the first key for which `^(.*\.)?(key)$` matches the module's path.
fn patterns(
    value: Option<&Value>,
    key: &str,
    fail: &impl Fn(&str, &str) -> Error,
) -> Result<Vec<(Regex, f64)>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let object = value.as_object().ok_or_else(|| fail(key, "an object of pattern to number"))?;
    object
        .iter()
        .map(|(pattern, number)| {
            let regex = Regex::new(&format!(r"^(.*\.)?({pattern})$"))
                .map_err(|e| fail(key, "regular expressions without look-around").because(e))?;
            let number = number
                .as_f64()
                .filter(|n| n.is_finite() && *n > 0.0)
                .ok_or_else(|| fail(key, "positive numbers"))?;
            Ok((regex, number))
        })
        .collect()
}

impl Target {
    fn parse(value: Option<&Value>, key: &str, fail: &impl Fn(&str, &str) -> Error) -> Result<Self> {
        match value {
            None => Ok(Target::None),
            Some(Value::Array(v)) if v.is_empty() => Ok(Target::None),
            Some(Value::Array(v)) => v
                .iter()
                .map(|n| n.as_str().map(str::to_owned).ok_or_else(|| fail(key, "a list of module names")))
                .collect::<Result<_>>()
                .map(Target::Names),
            Some(Value::String(s)) if s.eq_ignore_ascii_case("all-linear") => Ok(Target::AllLinear),
            Some(Value::String(s)) => Regex::new(&format!("^(?:{s})$"))
                .map(Target::Pattern)
                .map_err(|e| fail(key, "a regular expression without look-around").because(e)),
            Some(_) => Err(fail(key, "a list of names, a regular expression, or all-linear")),
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Target::None => false,
            Target::AllLinear => true,
            Target::Names(names) => names.iter().any(|n| path == n || path.ends_with(&format!(".{n}"))),
            Target::Pattern(regex) => regex.is_match(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PeftConfig> {
        PeftConfig::parse(text, Path::new("adapter_config.json"))
    }

    #[test]
    fn patterns_choose_rank_and_alpha_per_module_and_the_scale_uses_that_rank() {
        let config = parse(
            r#"{"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["q_proj","v_proj"],
                "rank_pattern":{"layers.1.self_attn.q_proj":4},"alpha_pattern":{"v_proj":2}}"#,
        )
        .unwrap();
        assert_eq!(config.rank_and_scale(0, Module::Q), (8, 2.0));
        assert_eq!(config.rank_and_scale(1, Module::Q), (4, 4.0));
        assert_eq!(config.rank_and_scale(11, Module::Q), (8, 2.0));
        assert_eq!(config.rank_and_scale(1, Module::V), (8, 0.25));
        assert!(config.targets(0, Module::V) && !config.targets(0, Module::O));
    }

    #[test]
    fn rslora_divides_by_the_root_of_the_rank() {
        let config = parse(r#"{"peft_type":"LORA","r":16,"lora_alpha":8,"use_rslora":true}"#).unwrap();
        assert_eq!(config.rank_and_scale(0, Module::Q), (16, 2.0));
    }

    #[test]
    fn a_field_that_cannot_be_honoured_is_refused_by_name() {
        for field in [
            r#""use_dora":true"#,
            r#""bias":"all""#,
            r#""modules_to_save":["lm_head"]"#,
            r#""init_lora_weights":"pissa""#,
            r#""lora_bias":true"#,
            r#""layer_replication":[[0,2]]"#,
            r#""fan_in_fan_out":true"#,
            r#""a_field_of_tomorrow":3"#,
        ] {
            let text = format!(r#"{{"peft_type":"LORA",{field}}}"#);
            let error = parse(&text).unwrap_err().to_string();
            let name = field.split('"').nth(1).unwrap();
            assert!(error.contains(name), "{error}");
        }
        assert!(parse(r#"{"peft_type":"LORA","use_dora":false,"a_field_of_tomorrow":null}"#).is_ok());
        assert!(parse(r#"{"peft_type":"IA3"}"#).is_err());
    }
}
