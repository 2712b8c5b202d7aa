// CRC32C.
//
// The CRC instruction takes 8 bytes, answers after three cycles and starts one a cycle: a single chain uses a third of it.
// So a block of 3n bytes is three chains of n bytes side by side. CRC is linear over GF(2): the register after A then B is
// (register after A moved over |B| zero bytes) xor (register of B from 0). `shift` moves a register over n zero bytes by four
// table look-ups; the tables are built once, from the 32 one-bit registers.
//
// Longer runs are folded by carry-less products where the processor multiplies four pairs of 64 bits at once. 16 bytes are a
// polynomial H x^64 + L; seen from d bits further on they are worth H x^(d+64) + L x^d, and with both powers taken modulo the
// CRC's polynomial that is 16 bytes again, to be added to those that lie there. Four registers of 64 bytes go on side by side; the
// last one goes through the CRC instruction, which does the rest of the division. After V. Gopal and others, "Fast CRC Computation
// for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009.

#include "include/checksum.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

enum { polynomial = 0x82F63B78, long_block = 2048, short_block = 256, fold_least = 512 };

struct shift_table {
    uint32_t entries[4][256];
};

static uint32_t byte_tables[8][256];
static struct shift_table long_shift, short_shift;
static int hardware, folding;
// What a register is multiplied by to move it over 64 and over 256 bytes: its first 8 bytes, then the others.
static uint64_t fold_near[2], fold_far[2];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static uint32_t shift(const struct shift_table *table, uint32_t crc) {
    return table->entries[0][crc & 0xFF] ^ table->entries[1][crc >> 8 & 0xFF] ^ table->entries[2][crc >> 16 & 0xFF] ^
           table->entries[3][crc >> 24];
}

static void build_shift(struct shift_table *table, size_t zero_bytes) {
    uint32_t basis[32];
    for (int bit = 0; bit < 32; bit++) {
        uint32_t crc = (uint32_t)1 << bit;
        for (size_t i = 0; i < zero_bytes; i++) crc = crc >> 8 ^ byte_tables[0][crc & 0xFF];
        basis[bit] = crc;
    }
    for (int lane = 0; lane < 4; lane++) {
        for (int value = 0; value < 256; value++) {
            uint32_t crc = 0;
            for (int bit = 0; bit < 8; bit++)
                if (value >> bit & 1) crc ^= basis[lane * 8 + bit];
            table->entries[lane][value] = crc;
        }
    }
}

static int detect_hardware(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
#elif defined(__aarch64__) && defined(__APPLE__)
    return 1;
#elif defined(__aarch64__) && defined(__linux__)
    return (getauxval(AT_HWCAP) & (1 << 7)) != 0;  // HWCAP_CRC32
#else
    return 0;
#endif
}

static int detect_folding(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
#else
    return 0;
#endif
}

// x^exponent modulo the polynomial, the power 0 in bit 32: a product of two reflected words is one bit short.
static uint64_t power(unsigned exponent) {
    uint32_t value = (uint32_t)1 << 31;
    for (; exponent > 0; exponent--) value = value >> 1 ^ (value & 1 ? polynomial : 0);
    return (uint64_t)value << 1;
}

// The powers are 32 lower than the distance from the lower ends of the two words, because they lie in a word's upper half.
static void build_fold(uint64_t *factors, unsigned bytes) {
    factors[0] = power(8 * bytes + 32);
    factors[1] = power(8 * bytes - 32);
}

static void prepare(void) {
    for (int value = 0; value < 256; value++) {
        uint32_t crc = (uint32_t)value;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        byte_tables[0][value] = crc;
    }
    for (int lane = 1; lane < 8; lane++)
        for (int value = 0; value < 256; value++) {
            uint32_t crc = byte_tables[lane - 1][value];
            byte_tables[lane][value] = crc >> 8 ^ byte_tables[0][crc & 0xFF];
        }
    build_shift(&long_shift, long_block);
    build_shift(&short_shift, short_block);
    build_fold(fold_near, 64);
    build_fold(fold_far, 256);
    hardware = detect_hardware();
    folding = hardware && detect_folding();
}

static uint32_t by_tables(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                              (uint32_t)bytes[3] << 24);
        crc = byte_tables[7][low & 0xFF] ^ byte_tables[6][low >> 8 & 0xFF] ^ byte_tables[5][low >> 16 & 0xFF] ^
              byte_tables[4][low >> 24] ^ byte_tables[3][bytes[4]] ^ byte_tables[2][bytes[5]] ^
              byte_tables[1][bytes[6]] ^ byte_tables[0][bytes[7]];
    }
    for (; count > 0; bytes++, count--) crc = crc >> 8 ^ byte_tables[0][(crc ^ *bytes) & 0xFF];
    return crc;
}

#if defined(__x86_64__) || defined(__aarch64__)

#if defined(__x86_64__)
#define CRC_TARGET __attribute__((target("sse4.2")))
#define CRC_WORD(crc, word) ((uint32_t)__builtin_ia32_crc32di((crc), (word)))
#define CRC_BYTE(crc, byte) __builtin_ia32_crc32qi((crc), (byte))
#else
#define CRC_TARGET __attribute__((target("crc")))
#define CRC_WORD(crc, word) __builtin_arm_crc32cd((crc), (word))
#define CRC_BYTE(crc, byte) __builtin_arm_crc32cb((crc), (byte))
#endif

CRC_TARGET static inline uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

CRC_TARGET static inline uint32_t triple(
    uint32_t crc, const uint8_t *bytes, size_t block, const struct shift_table *table) {
    uint32_t first = crc, second = 0, third = 0;
    for (size_t i = 0; i < block; i += 8) {
        first = CRC_WORD(first, word_at(bytes + i));
        second = CRC_WORD(second, word_at(bytes + block + i));
        third = CRC_WORD(third, word_at(bytes + 2 * block + i));
    }
    return shift(table, shift(table, first) ^ second) ^ third;
}

CRC_TARGET static uint32_t by_hardware(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (; count >= 3 * long_block; bytes += 3 * long_block, count -= 3 * long_block)
        crc = triple(crc, bytes, long_block, &long_shift);
    for (; count >= 3 * short_block; bytes += 3 * short_block, count -= 3 * short_block)
        crc = triple(crc, bytes, short_block, &short_shift);
    for (; count >= 8; bytes += 8, count -= 8) crc = CRC_WORD(crc, word_at(bytes));
    for (; count > 0; bytes++, count--) crc = CRC_BYTE(crc, *bytes);
    return crc;
}

#else

static uint32_t by_hardware(uint32_t crc, const uint8_t *bytes, size_t count) { return by_tables(crc, bytes, count); }

#endif

#if defined(__x86_64__)

#define FOLD_TARGET __attribute__((target("sse4.2,avx512f,vpclmulqdq")))

FOLD_TARGET static inline __m512i fold(__m512i register_, __m512i factors, __m512i next) {
    __m512i low = _mm512_clmulepi64_epi128(register_, factors, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(register_, factors, 0x11);
    return _mm512_ternarylogic_epi64(low, high, next, 0x96);  // the sum of all three
}

FOLD_TARGET static inline __m512i factors_of(const uint64_t *factors) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)factors));
}

FOLD_TARGET static uint32_t by_folding(uint32_t crc, const uint8_t *bytes, size_t count) {
    if (count < fold_least) return by_hardware(crc, bytes, count);
    size_t head = -(uintptr_t)bytes & 63;
    crc = by_hardware(crc, bytes, head);
    bytes += head, count -= head;
    const __m512i *words = (const __m512i *)bytes;
    __m512i a = _mm512_xor_si512(words[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
    __m512i b = words[1], c = words[2], d = words[3];
    const __m512i far = factors_of(fold_far), near = factors_of(fold_near);
    for (words += 4, count -= 256; count >= 256; words += 4, count -= 256) {
        a = fold(a, far, words[0]);
        b = fold(b, far, words[1]);
        c = fold(c, far, words[2]);
        d = fold(d, far, words[3]);
    }
    uint8_t rest[64];
    _mm512_storeu_si512(rest, fold(fold(fold(a, near, b), near, c), near, d));
    return by_hardware(by_hardware(0, rest, sizeof rest), (const uint8_t *)words, count);
}

#else

static uint32_t by_folding(uint32_t crc, const uint8_t *bytes, size_t count) { return by_hardware(crc, bytes, count); }

#endif

static uint32_t by_path(enum leftfold_crc32c_path path, uint32_t crc, const uint8_t *bytes, size_t count) {
    switch (path) {
    case leftfold_crc32c_folding: return by_folding(crc, bytes, count);
    case leftfold_crc32c_hardware: return by_hardware(crc, bytes, count);
    default: return by_tables(crc, bytes, count);
    }
}

int leftfold_crc32c_has(enum leftfold_crc32c_path path) {
    pthread_once(&prepared, prepare);
    switch (path) {
    case leftfold_crc32c_folding: return folding;
    case leftfold_crc32c_hardware: return hardware;
    default: return 1;
    }
}

uint32_t leftfold_crc32c_by(enum leftfold_crc32c_path path, uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&prepared, prepare);
    return ~by_path(path, ~crc, bytes, count);
}

uint32_t leftfold_crc32c(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&prepared, prepare);
    if (folding) return ~by_folding(~crc, bytes, count);
    return ~(hardware ? by_hardware(~crc, bytes, count) : by_tables(~crc, bytes, count));
}
