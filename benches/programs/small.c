// Small programs of one kind of work each: a sieve, an n-body simulation, a sort, a hash table, digits of pi.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

enum { LIMIT = 1 << 20 };
static uint8_t composite[LIMIT];

EXPORT("sieve") int sieve(int times) {
    int count = 0;
    for (int t = 0; t < times; t++) {
        for (int i = 0; i < LIMIT; i++) composite[i] = 0;
        count = 0;
        for (int i = 2; i < LIMIT; i++) {
            if (composite[i]) continue;
            count++;
            for (int j = i + i; j < LIMIT; j += i) composite[j] = 1;
        }
    }
    return count;
}

typedef struct {
    double at[3], speed[3], mass;
} Body;

static double root(double x) { return __builtin_sqrt(x); }

EXPORT("bodies") int bodies(int steps) {
    Body all[5];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++) {
            all[i].at[k] = (i * 7 + k * 3) % 11 * 1.25 - 5.0;
            all[i].speed[k] = (i * 5 + k * 2) % 7 * 0.01 - 0.03;
            all[i].mass = i ? 0.01 * i : 40.0;
        }
    for (int s = 0; s < steps; s++) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double d[3], square = 0.01;
                for (int k = 0; k < 3; k++) d[k] = all[i].at[k] - all[j].at[k], square += d[k] * d[k];
                double pull = 0.001 / (square * root(square));
                for (int k = 0; k < 3; k++) {
                    all[i].speed[k] -= d[k] * all[j].mass * pull;
                    all[j].speed[k] += d[k] * all[i].mass * pull;
                }
            }
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < 3; k++) all[i].at[k] += 0.001 * all[i].speed[k];
    }
    return (int)(all[1].at[0] * 1e6);
}

enum { ITEMS = 20000 };
static int32_t items[ITEMS];

static void quick(int32_t *v, int low, int high) {
    while (low < high) {
        int32_t pivot = v[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i <= j) {
                int32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j - low < high - i) quick(v, low, j), low = i;
        else quick(v, i, high), high = j;
    }
}

EXPORT("quicksort") int quicksort(int times) {
    uint32_t seed = 7;
    int32_t sum = 0;
    for (int t = 0; t < times; t++) {
        for (int i = 0; i < ITEMS; i++) seed = seed * 1664525u + 1013904223u, items[i] = (int32_t)seed;
        quick(items, 0, ITEMS - 1);
        sum ^= items[ITEMS / 3];
    }
    return sum;
}

enum { SLOTS = 1 << 15 };
static uint64_t keys[SLOTS], values[SLOTS];

EXPORT("hashes") int hashes(int times) {
    uint64_t x = 88172645463325252ull, found = 0;
    for (int i = 0; i < SLOTS; i++) keys[i] = values[i] = 0;
    for (int t = 0; t < times * 10000; t++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t key = x % 20011 + 1, at = (key * 0x9e3779b97f4a7c15ull) >> 49;
        while (keys[at] && keys[at] != key) at = (at + 1) & (SLOTS - 1);
        found += keys[at] == key;
        keys[at] = key;
        values[at] += x / 1000;
    }
    return (int)(found ^ values[77]);
}

// A spigot: divisions by unknown numbers, and by ten.
EXPORT("digits") int digits(int times) {
    static uint32_t remainders[1000];
    uint32_t hash = 0;
    for (int t = 0; t < times; t++) {
        for (int i = 0; i < 1000; i++) remainders[i] = 2;
        for (int d = 0; d < 100; d++) {
            uint64_t carry = 0;
            for (int i = 999; i > 0; i--) {
                uint64_t x = (uint64_t)remainders[i] * 10 + carry;
                remainders[i] = (uint32_t)(x % (uint32_t)(2 * i + 1));
                carry = x / (uint32_t)(2 * i + 1) * (uint32_t)i;
            }
            uint64_t x = (uint64_t)remainders[0] * 10 + carry;
            remainders[0] = (uint32_t)(x % 10);
            hash = hash * 31 + (uint32_t)(x / 10);
        }
    }
    return (int)hash;
}
