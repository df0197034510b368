/* memcpy, memmove and memset for machines that load and store unaligned words: those of the compiler's own library go octet by
 * octet when it is built for size, and were a fifth of all instructions of a run. Compiled with -O2 -ffreestanding. */

#if defined(__x86_64__) || defined(__aarch64__)

#include <stddef.h>
#include <stdint.h>

typedef uint64_t half __attribute__((aligned(1), may_alias));
typedef uint32_t quarter __attribute__((aligned(1), may_alias));
typedef uint64_t whole __attribute__((vector_size(16), aligned(1), may_alias));

#define AT(kind, place) (*(kind *)(place))

/* Up to 16 octets: everything is read before anything is written, so that the two may overlap. */
static inline void
copy_few(char *to, const char *from, size_t size)
{
    if (size >= 8) {
        half first = AT(const half, from), last = AT(const half, from + size - 8);
        AT(half, to) = first;
        AT(half, to + size - 8) = last;
    } else if (size >= 4) {
        quarter first = AT(const quarter, from), last = AT(const quarter, from + size - 4);
        AT(quarter, to) = first;
        AT(quarter, to + size - 4) = last;
    } else if (size) {
        char first = from[0], middle = from[size / 2], last = from[size - 1];
        to[0] = first;
        to[size / 2] = middle;
        to[size - 1] = last;
    }
}

/* Upwards: right where the two do not overlap, and where the target is the lower one. */
static inline void
copy_up(char *to, const char *from, size_t size)
{
    char *end = to + size - 16;
    whole last = AT(const whole, from + size - 16);

    for (; to < end; to += 16, from += 16) {
        AT(whole, to) = AT(const whole, from);
    }
    AT(whole, end) = last;
}

static inline void
copy_down(char *to, const char *from, size_t size)
{
    whole first = AT(const whole, from);

    while (size > 16) {
        size -= 16;
        AT(whole, to + size) = AT(const whole, from + size);
    }
    AT(whole, to) = first;
}

void *
memcpy(void *restrict to, const void *restrict from, size_t size)
{
    if (size > 16) {
        copy_up(to, from, size);
    } else {
        copy_few(to, from, size);
    }
    return to;
}

void *
memmove(void *to, const void *from, size_t size)
{
    if (size <= 16) {
        copy_few(to, from, size);
    } else if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_up(to, from, size);
    } else {
        copy_down(to, from, size);
    }
    return to;
}

void *
memset(void *place, int value, size_t size)
{
    char *to = place, *end = to + size;
    uint64_t filled = 0x0101010101010101ULL * (unsigned char)value;

    if (size >= 16) {
        whole both = {filled, filled};
        for (; to < end - 16; to += 16) {
            AT(whole, to) = both;
        }
        AT(whole, end - 16) = both;
    } else if (size >= 8) {
        AT(half, to) = filled;
        AT(half, end - 8) = filled;
    } else if (size >= 4) {
        AT(quarter, to) = (quarter)filled;
        AT(quarter, end - 4) = (quarter)filled;
    } else {
        while (to < end) {
            *to++ = (char)value;
        }
    }
    return place;
}

#else

typedef int nothing_here;

#endif
