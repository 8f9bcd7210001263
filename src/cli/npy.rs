//! Matrices from .npy files that others wrote: a header is believed only as far as the file is long.

use crate::error::{Error, IoContext, Result};
use ndarray::{Array2, ShapeBuilder};
use std::path::Path;

/// Reads n × d numbers, float32 or float64, in either order of bytes and of rows and columns.
///
/// # Errors
/// When the file is not there, holds anything else, or is longer or shorter than its header says.
pub(super) fn read_matrix(path: &Path) -> Result<Array2<f32>> {
    let bytes = std::fs::read(path).asked("read the vectors", path)?;
    let fail = |what: String| {
        Error::input(what).in_file(path).expected("an .npy of float32 or float64 in two dimensions, n × d")
    };
    let (text, data) = split(&bytes).ok_or_else(|| fail("the file is not an .npy".into()))?;
    let header = Header::parse(text).ok_or_else(|| fail(format!("the vectors are {}", text.trim_end())))?;
    let (rows, columns) = header.shape;
    let needed = rows.checked_mul(columns).and_then(|n| n.checked_mul(header.size()));
    if needed != Some(data.len()) {
        let held = format!("the header says {rows} × {columns} {}", header.name());
        return Err(Error::input(format!("{held}, and {} bytes of data follow", data.len()))
            .in_file(path)
            .expected("as many numbers as the header says")
            .help("the file may be cut short: write it again"));
    }
    let values = header.values(data);
    let shape = (rows, columns).set_f(header.columns_first);
    Array2::from_shape_vec(shape, values).map_err(|e| fail("the vectors do not fit".into()).because(e))
}

/// The header's dictionary and the data behind it: magic, version, length of the dictionary in 2 bytes or, from
/// version 2 on, 4.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (version, rest) = rest.split_at_checked(2)?;
    let (length, rest) = rest.split_at_checked(if version[0] == 1 { 2 } else { 4 })?;
    let length = length.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
    let (text, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, data))
}

struct Header {
    wide: bool,
    big_endian: bool,
    columns_first: bool,
    shape: (usize, usize),
}

impl Header {
    fn parse(text: &str) -> Option<Self> {
        let field = |key: &str| Some(text.split_once(&format!("'{key}':"))?.1.trim_start());
        let (wide, big_endian) = match field("descr")?.split('\'').nth(1)? {
            "<f4" => (false, false),
            ">f4" => (false, true),
            "<f8" => (true, false),
            ">f8" => (true, true),
            _ => return None,
        };
        let columns_first = match field("fortran_order")? {
            t if t.starts_with("True") => true,
            f if f.starts_with("False") => false,
            _ => return None,
        };
        let (shape, _) = field("shape")?.strip_prefix('(')?.split_once(')')?;
        let (rows, columns) = shape.trim_end().trim_end_matches(',').split_once(',')?;
        let shape = (rows.trim().parse().ok()?, columns.trim().parse().ok()?);
        Some(Self { wide, big_endian, columns_first, shape })
    }

    fn size(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    fn name(&self) -> &'static str {
        if self.wide { "float64" } else { "float32" }
    }

    fn values(&self, data: &[u8]) -> Vec<f32> {
        match self.wide {
            true => self.numbers(data, |b| f64::from_le_bytes(b) as f32),
            false => self.numbers(data, f32::from_le_bytes),
        }
    }

    fn numbers<const N: usize>(&self, data: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        let (items, _) = data.as_chunks::<N>();
        items
            .iter()
            .map(|item| {
                let mut item = *item;
                if self.big_endian {
                    item.reverse();
                }
                number(item)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, Array1, array};
    use ndarray_npy::write_npy;

    /// An .npy with this dictionary, and what is read from it.
    fn read(dictionary: &str, data: &[u8]) -> Result<Array2<f32>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let length = (dictionary.len() as u16).to_le_bytes();
        std::fs::write(&path, [b"\x93NUMPY\x01\x00", &length[..], dictionary.as_bytes(), data].concat())
            .unwrap();
        read_matrix(&path)
    }

    #[test]
    fn both_widths_and_every_order_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let matrix = array![[1f32, -2.0, 3.5], [0.25, 5.0, 6.0]];
        for written in [
            write_npy(&path, &matrix),
            write_npy(&path, &matrix.mapv(f64::from)),
            write_npy(
                &path,
                &Array::from_shape_vec((2, 3).f(), matrix.t().iter().copied().collect()).unwrap(),
            ),
        ] {
            written.unwrap();
            assert_eq!(read_matrix(&path).unwrap(), matrix);
        }
        let big: Vec<u8> = matrix.iter().flat_map(|v| v.to_be_bytes()).collect();
        let header = "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }\n";
        assert_eq!(read(header, &big).unwrap(), matrix);
        let big: Vec<u8> = matrix.iter().flat_map(|v| f64::from(*v).to_be_bytes()).collect();
        assert_eq!(read(&header.replace("f4", "f8"), &big).unwrap(), matrix);
    }

    #[test]
    fn a_header_that_lies_about_the_size_is_refused_before_memory_is_taken() {
        for shape in ["9999999999999, 4", "4, 9999999999999", "18446744073709551615, 2", "1, 2", "2, 3"] {
            let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}\n");
            let error = read(&header, &[0; 16]).unwrap_err().to_string();
            assert!(error.contains("16 bytes of data") && error.contains("a.npy"), "{error}");
        }
    }

    #[test]
    fn what_is_no_matrix_of_floats_is_refused() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
        assert!(read(good, &[0; 16]).is_ok());
        for (from, to) in [
            ("<f4", "<i4"),
            ("'<f4'", "[('a', '<f4')]"),
            ("(2, 2)", "(4,)"),
            ("(2, 2)", "(2, 2, 1)"),
            ("(2, 2)", "(-2, 2)"),
            ("(2, 2)", "(99999999999999999999, 2)"),
            ("(2, 2)", "(2, 2"),
            ("False", "0"),
            ("'shape'", "'shap'"),
        ] {
            let error = read(&good.replace(from, to), &[0; 16]).unwrap_err().to_string();
            assert!(error.contains("expected: an .npy of float32 or float64"), "{to}: {error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write_npy(&path, &Array1::<f32>::zeros(3)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(read_matrix(&path).is_err(), "{length} bytes");
        }
        std::fs::remove_file(&path).unwrap();
        let error = read_matrix(&path).unwrap_err().to_string();
        assert!(error.starts_with("could not read the vectors\n"), "{error}");
    }
}
