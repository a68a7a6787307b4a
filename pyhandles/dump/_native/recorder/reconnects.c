#include "reconnects.h"

#include "mix.h"
#include "shared.h"

#include <netinet/in.h>
#include <stddef.h>

#define LONGEST_TARGET 512
#define RECENT_SECONDS 60

/* What each open number was connected as: a hash of site and target; 0: it was not. */
static _Atomic uint64_t *opened_as;

/* Recent closes: 32 bits of the hash, 20 of the second, 12 of how many that have not been opened again. A hash has its
 * place in one set. */
#define SETS 32
#define WAYS 8
static _Atomic uint64_t closes[SETS][WAYS];
static _Atomic uint64_t count;

#define SECOND_BITS 20
#define COUNT_BITS 12
#define MOST ((1u << COUNT_BITS) - 1)

typedef struct {
    uint32_t hash, second, count;
} closed;

static uint64_t
pack(closed closed)
{
    return (uint64_t)closed.hash << 32 | (uint64_t)closed.second << COUNT_BITS | closed.count;
}

static closed
unpack(uint64_t packed)
{
    return (closed){(uint32_t)(packed >> 32), (uint32_t)packed >> COUNT_BITS, (uint32_t)packed & MOST};
}

static uint32_t
second_of(uint64_t time)
{
    return (uint32_t)(time / 1000000000u) & ((1u << SECOND_BITS) - 1);
}

static uint32_t
age(closed closed, uint32_t second)
{
    return (second - closed.second) & ((1u << SECOND_BITS) - 1);
}

static bool
is_free(closed closed, uint32_t second)
{
    return closed.count == 0 || age(closed, second) > RECENT_SECONDS;
}

/* ---- what a number is --------------------------------------------------------------------------------- */

/* As much of an address as says where it is: the rest need not be filled in. */
static size_t
telling_bytes(const noted *noted)
{
    const struct sockaddr *address = noted->detail;
    size_t bytes = noted->detail_bytes < LONGEST_TARGET ? noted->detail_bytes : LONGEST_TARGET;
    size_t known = offsetof(struct sockaddr_in, sin_zero);
    bool is_short = noted->detail_kind == DETAIL_ADDRESS && bytes > known && address->sa_family == AF_INET;
    return is_short ? known : bytes;
}

static uint64_t
hash_of(const noted *noted)
{
    uint64_t hash = mix_bytes(0, noted->detail, telling_bytes(noted));
    hash = mix(hash, noted->call, noted->where.site);
    return hash == 0 ? 1 : hash;
}

/* ---- closes ------------------------------------------------------------------------------------------- */

static _Atomic uint64_t *
set_of(uint64_t hash)
{
    return closes[hash % SETS];
}

/* One of the recent closes of the same is opened again. False where there is none. */
static bool
take(uint64_t hash, uint32_t second)
{
    _Atomic uint64_t *set = set_of(hash);
    for (int i = 0; i < WAYS; i++) {
        uint64_t packed = atomic_load_explicit(&set[i], memory_order_relaxed);
        closed closed = unpack(packed);
        while (closed.hash == (uint32_t)(hash >> 32) && !is_free(closed, second)) {
            closed.count--;
            if (atomic_compare_exchange_weak(&set[i], &packed, pack(closed))) {
                return true;
            }
            closed = unpack(packed);
        }
    }
    return false;
}

/* The place of the same, or else a free one, or else that of the oldest. */
static _Atomic uint64_t *
place_for(uint64_t hash, uint32_t second)
{
    _Atomic uint64_t *set = set_of(hash), *best = NULL;
    uint32_t oldest = 0;
    for (int i = 0; i < WAYS; i++) {
        closed closed = unpack(atomic_load_explicit(&set[i], memory_order_relaxed));
        uint32_t rank = is_free(closed, second) ? UINT32_MAX : age(closed, second) + 1;
        if (closed.hash == (uint32_t)(hash >> 32)) {
            return &set[i];
        }
        if (best == NULL || rank > oldest) {
            best = &set[i];
            oldest = rank;
        }
    }
    return best;
}

static void
put(uint64_t hash, uint32_t second)
{
    _Atomic uint64_t *place = place_for(hash, second);
    uint64_t packed = atomic_load_explicit(place, memory_order_relaxed);
    closed now;
    do {
        closed before = unpack(packed);
        bool same = before.hash == (uint32_t)(hash >> 32) && !is_free(before, second);
        now = (closed){(uint32_t)(hash >> 32), second, !same ? 1 : before.count < MOST ? before.count + 1 : MOST};
    } while (!atomic_compare_exchange_weak(place, &packed, pack(now)));
}

/* ------------------------------------------------------------------------------------------------------- */

int
reconnects_prepare(void)
{
    if (opened_as == NULL) {
        opened_as = recorder_map(NUMBERS * sizeof(*opened_as), false);
    }
    return opened_as == NULL ? -1 : 0;
}

void
reconnects_forget(void)
{
    for (int fd = 0; fd < numbers_end() && fd < NUMBERS; fd++) {
        atomic_store(&opened_as[fd], 0);
    }
    for (int i = 0; i < SETS * WAYS; i++) {
        atomic_store(&closes[i / WAYS][i % WAYS], 0);
    }
    atomic_store(&count, 0);
}

void
reconnects_connected(int fd, const noted *noted)
{
    if (fd < 0 || fd >= NUMBERS || noted->detail == NULL) {
        return;
    }
    uint64_t hash = hash_of(noted);
    uint64_t before = atomic_exchange_explicit(&opened_as[fd], hash, memory_order_relaxed);
    /* A connect that does not wait may be called twice. */
    if (hash != before && take(hash, second_of(noted->start))) {
        atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    }
}

void
reconnects_closing(int fd, uint64_t time)
{
    if (fd < 0 || fd >= NUMBERS || atomic_load_explicit(&opened_as[fd], memory_order_relaxed) == 0) {
        return;
    }
    uint64_t hash = atomic_exchange_explicit(&opened_as[fd], 0, memory_order_relaxed);
    if (hash != 0) {
        put(hash, second_of(time));
    }
}

uint64_t
reconnects_count(void)
{
    return atomic_load(&count);
}
