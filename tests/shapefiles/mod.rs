//! Writes small shapefiles, sound and not, for the tests.

use std::io::Write as _;

/// A `.shp` of polygons (kind 5, or 15 and 25 with heights and measures); a record without rings is a null shape.
pub(crate) fn shp(kind: u32, records: &[Vec<Vec<[f64; 2]>>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (i, rings) in records.iter().enumerate() {
        let mut content = Vec::new();
        let count: usize = rings.iter().map(Vec::len).sum();
        let number = |v: usize| u32::try_from(v).unwrap().to_le_bytes();
        if rings.is_empty() {
            content.extend(0u32.to_le_bytes());
        } else {
            content.extend(kind.to_le_bytes());
            content.extend([0; 32]);
            content.extend(number(rings.len()));
            content.extend(number(count));
            let mut start = 0;
            for ring in rings {
                content.extend(number(start));
                start += ring.len();
            }
            for position in rings.iter().flatten() {
                content.extend(position.iter().flat_map(|v| v.to_le_bytes()));
            }
            let extra = usize::from(kind != 5) * (16 + 8 * count) * (1 + usize::from(kind == 15));
            content.extend(std::iter::repeat_n(0, extra));
        }
        body.extend(u32::try_from(i + 1).unwrap().to_be_bytes());
        body.extend(u32::try_from(content.len() / 2).unwrap().to_be_bytes());
        body.extend(content);
    }
    let mut file = vec![0; 100];
    file[..4].copy_from_slice(&9994u32.to_be_bytes());
    file[24..28].copy_from_slice(&u32::try_from((100 + body.len()) / 2).unwrap().to_be_bytes());
    file[28..32].copy_from_slice(&1000u32.to_le_bytes());
    file[32..36].copy_from_slice(&kind.to_le_bytes());
    file.extend(body);
    file
}

/// A `.dbf` with these columns (name, type, width), records, and language driver byte.
pub(crate) fn dbf(columns: &[(&str, u8, u8)], records: &[&[&[u8]]], driver: u8) -> Vec<u8> {
    let header = 32 + 32 * columns.len() + 1;
    let record = 1 + columns.iter().map(|c| usize::from(c.2)).sum::<usize>();
    let mut file = vec![0; 32];
    file[0] = 3;
    file[4..8].copy_from_slice(&u32::try_from(records.len()).unwrap().to_le_bytes());
    file[8..10].copy_from_slice(&u16::try_from(header).unwrap().to_le_bytes());
    file[10..12].copy_from_slice(&u16::try_from(record).unwrap().to_le_bytes());
    file[29] = driver;
    for (name, kind, width) in columns {
        let mut field = [0; 32];
        field[..name.len()].copy_from_slice(name.as_bytes());
        field[11] = *kind;
        field[16] = *width;
        file.extend(field);
    }
    file.push(b'\r');
    for cells in records {
        file.push(b' ');
        for ((_, _, width), cell) in columns.iter().zip(*cells) {
            file.extend(*cell);
            file.extend(std::iter::repeat_n(b' ', usize::from(*width) - cell.len()));
        }
    }
    file
}

/// A zip file with these files in it.
pub(crate) fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
