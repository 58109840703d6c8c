//! Reading what `saslpasswd2` writes: a Berkeley DB file of type hash, with keys
//! `user NUL realm NUL userPassword` and passwords as they are.
//!
//! Only looked at, never written, and without Berkeley DB: no maintained crate reads such files,
//! and binding the C library for a walk over pages would be the larger risk. Every page of the
//! right type is gone through, whatever the hash says, so no damage to the index matters, and
//! nothing found is believed: offsets outside their page make an item that is not there.
//!
//! ```text
//! first page:  12 magic | 16 version | 20 page size | 24 cipher | 25 page type | 26 flags
//! other pages: 20 entries: u16 | 22 | 24 level | 25 page type | 26 offsets: u16 each ... items
//! item:        type, bytes; it ends where the one before it begins. Key and data take turns.
//! ```
//!
//! Numbers have the byte order of the machine that wrote the file. Source: Berkeley DB 5.3 as in
//! Debian 12, its files examined.

/// Of a file of type hash, at byte 12.
const MAGIC: u32 = 0x0006_1561;

/// Versions of that type since Berkeley DB 3.1.
const VERSIONS: std::ops::RangeInclusive<u32> = 7..=10;

/// Page types that hold items: the order of items is of no interest.
const HASH_PAGES: [u8; 2] = [2, 13];

/// Bytes of a page before the offsets.
const PAGE_HEADER_LEN: usize = 26;

/// The item type of bytes that are in the page. Others are longer than any password that may be.
const IN_PAGE: u8 = 1;

/// Reads numbers in the file's byte order.
#[derive(Debug, Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(match self.big {
            true => u16::from_be_bytes(bytes),
            false => u16::from_le_bytes(bytes),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(match self.big {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }
}

/// The data of the first key that `wanted` says is the one; `None` if there is none, or if this is
/// no such file.
pub fn find(file: &[u8], mut wanted: impl FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
    let little = Order { big: false };
    let order = match little.u32(file, 12)? {
        MAGIC => little,
        _ => Order { big: true },
    };
    let plain = file.get(24) == Some(&0) && file.get(26) == Some(&0);
    if order.u32(file, 12)? != MAGIC || !VERSIONS.contains(&order.u32(file, 16)?) || !plain {
        return None;
    }
    let page_size = usize::try_from(order.u32(file, 20)?).ok()?;
    if !page_size.is_power_of_two() || !(512..=65536).contains(&page_size) {
        return None;
    }
    let mut pages = file.chunks_exact(page_size).skip(1);
    pages.find_map(|page| find_in_page(page, order, &mut wanted))
}

fn find_in_page(
    page: &[u8],
    order: Order,
    mut wanted: impl FnMut(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    if !HASH_PAGES.contains(page.get(25)?) {
        return None;
    }
    let entries = usize::from(order.u16(page, 20)?);
    let pairs = (0..entries / 2).filter_map(|pair| {
        let key = item(page, order, 2 * pair)?;
        let data = item(page, order, 2 * pair + 1)?;
        Some((key, data))
    });
    let mut found = pairs.filter(|(key, _)| wanted(key));
    found.next().map(|(_, data)| data.to_vec())
}

/// The bytes of an item, if they are in the page.
fn item(page: &[u8], order: Order, index: usize) -> Option<&[u8]> {
    let offset = |index: usize| {
        let at = PAGE_HEADER_LEN + 2 * index;
        order.u16(page, at).map(usize::from)
    };
    let end = match index.checked_sub(1) {
        Some(before) => offset(before)?,
        None => page.len(),
    };
    match page.get(offset(index)?..end)? {
        [IN_PAGE, bytes @ ..] => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by `saslpasswd2` of Debian 12 on x86-64, with realm example.org: user-0 to user-99
    /// with passwords of their own, of which every third was removed again.
    const FILE: &[u8] = include_bytes!("testdata/sasldb2");

    fn password(file: &[u8], user: &str) -> Option<String> {
        let key = format!("{user}\0example.org\0userPassword");
        let found = find(file, |found| found == key.as_bytes());
        found.map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn what_saslpasswd2_wrote_is_found() {
        for number in 0..100 {
            let want = (number % 3 != 0).then(|| format!("password {number}"));
            assert_eq!(password(FILE, &format!("user-{number}")), want);
        }
        assert_eq!(password(FILE, "nobody"), None);
        assert_eq!(password(FILE, ""), None);
    }

    /// A file with one item on a page of 512 bytes, in the other byte order.
    fn big_endian() -> Vec<u8> {
        let mut file = vec![0; 1024];
        file[12..16].copy_from_slice(&MAGIC.to_be_bytes());
        file[16..20].copy_from_slice(&9u32.to_be_bytes());
        file[20..24].copy_from_slice(&512u32.to_be_bytes());
        let page = &mut file[512..];
        page[25] = 13;
        page[20..22].copy_from_slice(&2u16.to_be_bytes());
        let key = b"\x01u\0example.org\0userPassword";
        let key_at = 512 - key.len();
        page[key_at..].copy_from_slice(key);
        page[key_at - 3..key_at].copy_from_slice(b"\x01pw");
        page[26..28].copy_from_slice(&(key_at as u16).to_be_bytes());
        page[28..30].copy_from_slice(&(key_at as u16 - 3).to_be_bytes());
        file
    }

    #[test]
    fn either_byte_order_is_read() {
        assert_eq!(password(&big_endian(), "u").as_deref(), Some("pw"));
    }

    #[test]
    fn other_files_and_damaged_ones_hold_nothing() {
        let damaged = |change: &dyn Fn(&mut [u8])| {
            let mut file = big_endian();
            change(&mut file);
            password(&file, "u")
        };
        assert_eq!(find(b"", |_| true), None);
        assert_eq!(find(&[0xff; 4096], |_| true), None);
        assert_eq!(find(&FILE[..100], |_| true), None);
        assert_eq!(damaged(&|file| file[12] = 1), None, "magic");
        assert_eq!(damaged(&|file| file[19] = 11), None, "version");
        assert_eq!(damaged(&|file| file[23] = 1), None, "page size");
        assert_eq!(damaged(&|file| file[24] = 1), None, "encrypted");
        assert_eq!(damaged(&|file| file[26] = 1), None, "with checksums");
        assert_eq!(damaged(&|file| file[512 + 25] = 7), None, "overflow page");
        assert_eq!(damaged(&|file| file[512 + 26] = 0xff), None, "offset");
        assert_eq!(damaged(&|file| file[512 + 28] = 0xff), None, "offset");
        let many = damaged(&|file| file[512 + 20] = 0xff);
        assert_eq!(many.as_deref(), Some("pw"), "more entries than there are");
    }
}
