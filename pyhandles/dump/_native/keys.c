#include "keys.h"

#define LONGEST_NAME 40
#define LARGEST_SMALL_INT ((int64_t)1 << 20)

/* SipHash-1-3 of the bytes (Aumasson and Bernstein 2012). The key is drawn for each
 * snapshot and not written down, so a guess at a key cannot be checked against the file. */
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIP_ROUND()                                                                                        \
    do {                                                                                                   \
        v0 += v1, v1 = ROTATE(v1, 13) ^ v0, v0 = ROTATE(v0, 32), v2 += v3, v3 = ROTATE(v3, 16) ^ v2;       \
        v0 += v3, v3 = ROTATE(v3, 21) ^ v0, v2 += v1, v1 = ROTATE(v1, 17) ^ v2, v2 = ROTATE(v2, 32);       \
    } while (0)

uint64_t
keyed_hash(const heap *heap, const void *data, size_t length)
{
    uint64_t v0 = heap->hash_key[0] ^ UINT64_C(0x736f6d6570736575), v1 = heap->hash_key[1] ^ UINT64_C(0x646f72616e646f6d);
    uint64_t v2 = heap->hash_key[0] ^ UINT64_C(0x6c7967656e657261), v3 = heap->hash_key[1] ^ UINT64_C(0x7465646279746573);
    const unsigned char *bytes = data;
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++) {
        word |= (uint64_t)bytes[i] << (i % 8 * 8);
        if (i % 8 == 7) {
            v3 ^= word;
            SIP_ROUND();
            v0 ^= word;
            word = 0;
        }
    }
    word |= (uint64_t)length << 56;
    v3 ^= word;
    SIP_ROUND();
    v0 ^= word;
    v2 ^= 0xff;
    SIP_ROUND();
    SIP_ROUND();
    SIP_ROUND();
    return v0 ^ v1 ^ v2 ^ v3;
}

static bool
looks_like_a_name(const char *text, size_t length)
{
    if (length == 0 || length > LONGEST_NAME) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return true;
}

/* Is it a name that the program's source may have after a dot? What a dict of attributes has besides is data. */
static bool
is_identifier(PyObject *key)
{
    int kind = PyUnicode_KIND(key);
    const void *data = PyUnicode_DATA(key);
    Py_ssize_t length = unicode_is_readable(key) ? PyUnicode_GET_LENGTH(key) : 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return length > 0;
}

static uint32_t
type_label(heap *heap, PyObject *key, enum label_kind name)
{
    return make_label(name + 3, strings_add_literal(&heap->strings, Py_TYPE(key)->tp_name));
}

/* The label of a key that is not told in clear. */
static uint32_t
hashed_label(heap *heap, PyObject *key, enum label_kind name, const void *data, size_t length)
{
    if (!heap->has_hash_key) {
        return type_label(heap, key, name);
    }
    return make_label(name + 2, keyed_hash(heap, data, length) & LABEL_VALUE_MASK);
}

/* `name` is LABEL_VALUE_NAME or LABEL_KEY_NAME; the kinds for int, hash and type follow it. */
static uint32_t
data_key_label(heap *heap, PyObject *key, enum label_kind name)
{
    if (PyUnicode_Check(key)) {
        char text[4000];
        size_t length = unicode_to_utf8(key, text, sizeof(text));
        bool told = heap->keys == KEYS_ALL || (heap->keys == KEYS_NAMES && looks_like_a_name(text, length));
        if (!told || heap->redact) {
            return hashed_label(heap, key, name, text, length);
        }
        return make_label(name, strings_add_object(&heap->strings, key));
    }
    int64_t number;
    if (PyLong_Check(key) && compat_small_int(key, &number)) {
        bool small = number > -LARGEST_SMALL_INT && number < LARGEST_SMALL_INT;
        if (small && heap->keys != KEYS_NONE && !heap->redact) {
            return make_label(name + 1, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
        }
        return hashed_label(heap, key, name, &number, sizeof(number));
    }
    if (PyBytes_Check(key)) {
        return hashed_label(heap, key, name, PyBytes_AS_STRING(key), (size_t)PyBytes_GET_SIZE(key));
    }
    return type_label(heap, key, name);
}

uint32_t
value_label(heap *heap, PyObject *key, enum role role)
{
    if ((role == ROLE_ATTRIBUTES || role == ROLE_GLOBALS) && PyUnicode_Check(key) && is_identifier(key)) {
        uint32_t text = strings_add_object(&heap->strings, key);
        return make_label(role == ROLE_GLOBALS ? LABEL_GLOBAL : LABEL_ATTRIBUTE, text);
    }
    return data_key_label(heap, key, LABEL_VALUE_NAME);
}

uint32_t
key_label(heap *heap, PyObject *key)
{
    return data_key_label(heap, key, LABEL_KEY_NAME);
}
