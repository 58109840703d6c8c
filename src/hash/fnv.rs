const OFFSET_BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// 32-bit FNV-1a in which each byte is taken as signed: 0x80 to 0xff are extended to
/// `ffffff80` to `ffffffff` before the xor, so keys outside ASCII do not hash as in the textbook.
///
/// Source: pecl/memcache `memcache.hash_function=fnv` on x86, `vectors/hash-values.tsv`.
pub fn fnv1a_signed(bytes: &[u8]) -> u32 {
    bytes.iter().fold(OFFSET_BASIS, |h, &b| {
        (h ^ (b as i8) as u32).wrapping_mul(PRIME)
    })
}
