// An integer core, like the benchmarks of small processors. Linked lists are searched, reversed and sorted, 16-bit
// matrices multiplied, a state machine reads numbers, and a checksum over all results keeps any of it from being left out.
#include <stdint.h>
#include <stddef.h>

typedef struct Node {
    struct Node *next;
    int16_t value, index;
} Node;

enum { NODES = 200, SIDE = 14, TEXT = 480 };

static Node nodes[NODES];
static int16_t a[SIDE * SIDE], b[SIDE * SIDE];
static int32_t c[SIDE * SIDE];
static uint8_t text[TEXT];

static uint16_t crc_byte(uint8_t byte, uint16_t crc) {
    for (int i = 0; i < 8; i++) {
        int carry = (byte ^ crc) & 1;
        byte >>= 1;
        crc >>= 1;
        if (carry) crc ^= 0xa001;
    }
    return crc;
}

static uint16_t crc(uint32_t word, uint16_t sum) {
    for (int i = 0; i < 4; i++) sum = crc_byte((uint8_t)(word >> 8 * i), sum);
    return sum;
}

// --- lists ------------------------------------------------------------------------------------------------------------

typedef int (*Order)(const Node *, const Node *);

static int by_value(const Node *x, const Node *y) { return x->value - y->value; }
static int by_index(const Node *x, const Node *y) { return x->index - y->index; }

static Node *make(uint32_t seed) {
    for (int i = 0; i < NODES; i++) {
        seed = seed * 1103515245u + 12345u;
        nodes[i].value = (int16_t)(seed >> 16 & 0x3fff);
        nodes[i].index = (int16_t)i;
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
    }
    return nodes;
}

static Node *find(Node *list, int16_t value) {
    while (list && list->value != value) list = list->next;
    return list;
}

static Node *reverse(Node *list) {
    Node *done = NULL;
    while (list) {
        Node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static Node *sort(Node *list, Order order) {
    for (int width = 1;; width *= 2) {
        Node *rest = list, *tail = NULL;
        int merges = 0;
        list = NULL;
        while (rest) {
            Node *left = rest, *right = rest;
            int lefts = 0, rights = width;
            merges++;
            while (lefts < width && right) lefts++, right = right->next;
            while (lefts || (rights && right)) {
                Node *first;
                if (!lefts || (rights && right && order(left, right) > 0)) {
                    first = right, right = right->next, rights--;
                } else {
                    first = left, left = left->next, lefts--;
                }
                if (tail) tail->next = first;
                else list = first;
                tail = first;
            }
            rest = right;
        }
        tail->next = NULL;
        if (merges <= 1) return list;
    }
}

static uint16_t lists(uint32_t seed, uint16_t sum) {
    Node *list = make(seed);
    for (int i = 0; i < 40; i++) {
        Node *found = find(list, nodes[(seed + i * 37) % NODES].value);
        list = reverse(list);
        sum = crc((uint32_t)found->index, sum);
    }
    list = sort(list, by_value);
    sum = crc((uint32_t)list->value, sum);
    for (Node *n = list; n && n->next; n = n->next->next) sum = crc_byte((uint8_t)n->index, sum);
    list = sort(list, by_index);
    return crc((uint32_t)list->value, sum);
}

// --- matrices ---------------------------------------------------------------------------------------------------------

static uint16_t matrices(uint32_t seed, uint16_t sum) {
    for (int i = 0; i < SIDE * SIDE; i++) {
        seed = seed * 1103515245u + 12345u;
        a[i] = (int16_t)(seed >> 16);
        b[i] = (int16_t)(seed >> 20);
    }
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int32_t total = 0;
            for (int k = 0; k < SIDE; k++) total += a[i * SIDE + k] * b[k * SIDE + j];
            c[i * SIDE + j] = total;
        }
    int32_t last = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        sum = crc_byte((uint8_t)(c[i] > last), sum);
        last = c[i];
    }
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int32_t total = 0;
            for (int k = 0; k < SIDE; k++) {
                int32_t product = a[i * SIDE + k] * b[k * SIDE + j];
                total += (product >> 2 & 15) * (product >> 5 & 127);
            }
            c[i * SIDE + j] = total;
        }
    for (int i = 0; i < SIDE * SIDE; i += 7) sum = crc((uint32_t)c[i], sum);
    return sum;
}

// --- a state machine --------------------------------------------------------------------------------------------------

typedef enum { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES } State;

static int digit(uint8_t c) { return c >= '0' && c <= '9'; }

static State step(State state, uint8_t c) {
    switch (state) {
    case START:
        return digit(c) ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : INVALID;
    case SIGN:
        return digit(c) ? INTEGER : c == '.' ? POINT : INVALID;
    case INTEGER:
        return digit(c) ? INTEGER : c == '.' ? POINT : INVALID;
    case POINT:
    case FRACTION:
        return digit(c) ? FRACTION : c == 'e' || c == 'E' ? EXPONENT : INVALID;
    case EXPONENT:
        return c == '+' || c == '-' ? EXPONENT_SIGN : digit(c) ? SCIENTIFIC : INVALID;
    case EXPONENT_SIGN:
    case SCIENTIFIC:
        return digit(c) ? SCIENTIFIC : INVALID;
    default:
        return INVALID;
    }
}

static uint16_t machine(uint32_t seed, uint16_t sum) {
    static const char *const words[] = {"5012",   "-1234", "874",  "+122",   "35.54400", ".1234500", "-110.700",
                                        "+0.644", "5.5e3", "-.1E", "+0.e+7", "9.9e-12",  "T0.3e-1F", "1T3.4e4z"};
    uint32_t counts[STATES] = {0}, used = 0;
    for (;;) {
        seed = seed * 1103515245u + 12345u;
        const char *word = words[(seed >> 16) % 14];
        size_t length = 0;
        while (word[length]) length++;
        if (used + length + 1 >= TEXT) break;
        for (size_t i = 0; i < length; i++) text[used++] = (uint8_t)word[i];
        text[used++] = ',';
    }
    for (int round = 0; round < 8; round++) {
        State state = START;
        for (uint32_t i = 0; i < used; i++) {
            if (text[i] == ',') {
                counts[state]++;
                state = START;
            } else {
                state = step(state, text[i]);
            }
        }
        text[(seed + (uint32_t)round * 61) % used] ^= (uint8_t)round;
    }
    for (int i = 0; i < STATES; i++) sum = crc(counts[i], sum);
    return sum;
}

__attribute__((export_name("run"))) int run(int times) {
    uint16_t sum = 0;
    for (int i = 0; i < times; i++) {
        sum = lists((uint32_t)i * 2654435761u, sum);
        sum = matrices((uint32_t)i + sum, sum);
        sum = machine((uint32_t)i ^ sum, sum);
    }
    return sum;
}
