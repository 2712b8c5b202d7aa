#ifndef LEFTFOLD_CHECKSUM_H
#define LEFTFOLD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli, reflected polynomial 0x82F63B78, initial value and final xor all ones).
///
/// `crc` is 0 to begin, or the result for the bytes before these. The fastest way this processor has is chosen at run time.
uint32_t leftfold_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The ways to compute it; each gives the same result.
enum leftfold_crc32c_path {
    /// Tables, eight bytes a step; on every processor.
    leftfold_crc32c_tables = 0,
    /// The processor's CRC32C instruction (x86-64 SSE 4.2, arm64 CRC), three streams at a time.
    leftfold_crc32c_hardware = 1,
    /// Carry-less products of 64 bytes at once (x86-64 AVX-512 with VPCLMULQDQ); short runs by the instruction.
    leftfold_crc32c_folding = 2,
};

/// Whether this processor has the way.
int leftfold_crc32c_has(enum leftfold_crc32c_path path);

/// The checksum by one way, which the processor must have.
uint32_t leftfold_crc32c_by(enum leftfold_crc32c_path path, uint32_t crc, const void *bytes, size_t count);

#endif
