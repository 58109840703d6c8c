/// CRC-32/ISO-HDLC: reflected polynomial 0xEDB88320, initial value and final xor `ffffffff`.
///
/// Source: pecl/memcache `memcache.hash_function=crc32`, `vectors/hash-values.tsv`.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
