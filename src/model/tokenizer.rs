//! Text to token ids and back, from `tokenizer.json` or rebuilt from GGUF metadata.

use crate::error::{Error, IoContext, Result};
use candle_core::quantized::gguf_file::{Content, Value};
use sha2::{Digest, Sha256};
use std::path::Path;
use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, Tokenizer as Inner};

/// A tokenizer and the ids that generation must know.
pub struct Tokenizer {
    inner: Inner,
    sha256: String,
}

/// llama.cpp's token types that are written as special tokens: unknown, control, user-defined, unused.
const SPECIAL_TYPES: std::ops::RangeInclusive<i64> = 2..=5;

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// When the file is missing or not understood.
    pub fn from_file(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).doing("read the tokenizer", path)?;
        let mut inner = Inner::from_bytes(&bytes).map_err(|e| {
            Error::cannot_run("the tokenizer cannot be read").in_file(path).because(e.to_string())
        })?;
        // A file may ask for padding or truncation: lengths are the engine's business.
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|e| Error::cannot_run(e.to_string()).in_file(path))?;
        Ok(Self { inner, sha256: hash(&bytes) })
    }

    /// Rebuilds a byte-level BPE from GGUF metadata; `path` only names the file in errors.
    ///
    /// # Errors
    /// When the tokenizer model or its pre-tokenizer is not known, or a key is missing.
    pub fn from_gguf(content: &Content, path: &Path) -> Result<Self> {
        let fail = |key: &str, what: &str| Error::cannot_run(what.to_owned()).in_file(path).key(key);
        let texts = |key: &str| -> Result<Vec<String>> {
            let array = content.metadata.get(key).and_then(|v| v.to_vec().ok());
            array
                .and_then(|v| v.iter().map(|t| t.to_string().ok().cloned()).collect())
                .ok_or_else(|| fail(key, "the GGUF file holds no such list of texts"))
        };
        let text = |key: &str| content.metadata.get(key).and_then(|v| v.to_string().ok().cloned());
        let kind = text("tokenizer.ggml.model").unwrap_or_default();
        if kind != "gpt2" {
            return Err(fail("tokenizer.ggml.model", "the tokenizer model is not supported")
                .expected("gpt2 (byte-level BPE)")
                .help("put the model's tokenizer.json beside the GGUF file"));
        }
        let tokens = texts("tokenizer.ggml.tokens")?;
        let merges = texts("tokenizer.ggml.merges")?
            .iter()
            .map(|m| m.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| fail("tokenizer.ggml.merges", "a merge is not two tokens"))?;
        let mut digest = Sha256::new();
        for token in &tokens {
            digest.update(token.as_bytes());
            digest.update([0]);
        }
        for (a, b) in &merges {
            digest.update(a.as_bytes());
            digest.update([1]);
            digest.update(b.as_bytes());
        }
        let vocab: Vocab = tokens.iter().enumerate().map(|(i, t)| (t.clone(), i as u32)).collect();
        let bpe = BPE::builder().vocab_and_merges(vocab, merges).build().map_err(|e| {
            fail("tokenizer.ggml.merges", "the merges do not fit the tokens").because(e.to_string())
        })?;
        let mut inner = Inner::new(bpe);
        let pre = text("tokenizer.ggml.pre").unwrap_or_else(|| "gpt-2".into());
        digest.update(pre.as_bytes());
        inner.with_pre_tokenizer(Some(pre_tokenizer(&pre, path)?));
        inner.with_decoder(Some(ByteLevelDecoder::default()));
        if let Some(Value::Array(types)) = content.metadata.get("tokenizer.ggml.token_type") {
            let special: Vec<AddedToken> = types
                .iter()
                .zip(&tokens)
                .filter(|(kind, _)| kind.to_i32().is_ok_and(|k| SPECIAL_TYPES.contains(&i64::from(k))))
                .map(|(_, token)| AddedToken::from(token.clone(), true))
                .collect();
            inner.add_special_tokens(special).map_err(|e| {
                fail("tokenizer.ggml.token_type", "special tokens cannot be added").because(e)
            })?;
        }
        Ok(Self { inner, sha256: super::hex(&digest.finalize()) })
    }

    /// SHA-256 of what the tokenizer was made from.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Token ids of a text; special tokens written in the text count as such, none is added.
    ///
    /// # Errors
    /// When the text cannot be encoded.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| Error::input("a text cannot be tokenized").because(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of token ids, special tokens left out; bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// When an id is not in the vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner
            .decode(ids, true)
            .map_err(|e| Error::cannot_run("tokens cannot be decoded").because(e.to_string()))
    }

    /// The id of a token, if it has one.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }
}

/// llama.cpp's named pre-tokenizers, as the models' own `tokenizer.json` spells them.
fn pre_tokenizer(name: &str, path: &Path) -> Result<PreTokenizerWrapper> {
    const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let split = |regex: &str| -> Result<PreTokenizerWrapper> {
        let pattern = SplitPattern::Regex(regex.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
            .map_err(|e| Error::cannot_run("a pre-tokenizer's pattern is refused").because(e.to_string()))?;
        Ok(Sequence::new(vec![split.into(), ByteLevel::new(false, true, false).into()]).into())
    };
    match name {
        "gpt-2" | "gpt2" | "default" => Ok(ByteLevel::new(false, true, true).into()),
        "smollm" => {
            Ok(Sequence::new(vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()]).into())
        }
        "llama-bpe" | "llama3" => split(LLAMA3),
        "qwen2" => split(QWEN2),
        other => Err(Error::cannot_run(format!("the pre-tokenizer `{other}` is not known"))
            .in_file(path)
            .key("tokenizer.ggml.pre")
            .known(other, ["gpt-2", "smollm", "llama-bpe", "qwen2"])
            .help("put the model's tokenizer.json beside the GGUF file")),
    }
}

fn hash(bytes: &[u8]) -> String {
    super::hex(&Sha256::digest(bytes))
}
