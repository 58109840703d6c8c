/*
 * Every operation against real servers, as a C99 program uses it. What goes wrong is in errors.c.
 *
 * Servers: PORT_FIRST, PORT_SECOND, UNIX_HOST. The first one holds items that the runner stored
 * there without this library, and the runner reads what is stored here as "for-runner-...".
 */
#include "check.h"

/* A string literal as pointer and length. */
#define KEY(literal) (literal), (sizeof(literal) - 1)

static mcrs_error *error;

static mcrs_client *connect_to(const char *const *names, size_t count)
{
    mcrs_client *client = mcrs_client_new();
    size_t i;

    CHECK(client != NULL);
    for (i = 0; i < count; i++) {
        EXPECT(MCRS_RESULT_OK,
               mcrs_client_add_server(client, "127.0.0.1", port_of(names[i]), 1, error));
    }
    return client;
}

static mcrs_client *connect_to_first(void)
{
    static const char *const names[] = {"PORT_FIRST"};
    return connect_to(names, 1);
}

/* The item has exactly this value; 0 if there is none. */
static int holds(mcrs_client *client, const char *key, size_t key_len, const void *value,
                 size_t value_len)
{
    mcrs_item *item = NULL;
    int same = 0;

    if (mcrs_client_get(client, key, key_len, &item, error) == MCRS_RESULT_OK) {
        same = mcrs_item_value_len(item) == value_len &&
               memcmp(mcrs_item_value(item), value, value_len) == 0;
        mcrs_item_free(item);
    }
    return same;
}

static int is_missing(mcrs_client *client, const char *key, size_t key_len)
{
    mcrs_item *item = NULL;
    return mcrs_client_get(client, key, key_len, &item, error) == MCRS_RESULT_NOT_FOUND &&
           item == NULL;
}

static void version_is_that_of_the_header(void)
{
    char parts[32];

    CHECK(strcmp(mcrs_version(), MCRS_VERSION) == 0);
    snprintf(parts, sizeof parts, "%d.%d.%d", MCRS_VERSION_MAJOR, MCRS_VERSION_MINOR,
             MCRS_VERSION_PATCH);
    CHECK(strcmp(parts, MCRS_VERSION) == 0);
}

static void values_are_any_bytes(void)
{
    mcrs_client *client = connect_to_first();
    mcrs_item *item = NULL;
    unsigned char bytes[256];
    size_t i;

    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)i;
    }
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("for-runner-bytes"), bytes, sizeof bytes,
                                           0x12340000, 0, error));
    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("for-runner-bytes"), &item, error))) {
        CHECK(mcrs_item_value_len(item) == sizeof bytes);
        CHECK(memcmp(mcrs_item_value(item), bytes, sizeof bytes) == 0);
        CHECK(mcrs_item_flags(item) == 0x12340000);
        CHECK(mcrs_item_cas(item) != 0);
        mcrs_item_free(item);
    }
    /* No bytes at all are a value too. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("empty"), NULL, 0, 0x70000, 0, error));
    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("empty"), &item, error))) {
        CHECK(mcrs_item_value_len(item) == 0);
        CHECK(mcrs_item_value(item) != NULL);
        CHECK(mcrs_item_flags(item) == 0x70000);
        mcrs_item_free(item);
    }
    /* And so are keys, above the blank. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("\x21\x7f\x80\xff"), "x", 1, 0, 0, error));
    CHECK(holds(client, KEY("\x21\x7f\x80\xff"), "x", 1));
    mcrs_client_free(client);
}

static void an_item_outlives_its_client(void)
{
    mcrs_client *client = connect_to_first();
    mcrs_item *item = NULL;

    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("outlives"), "still here", 10, 0, 0, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("outlives"), &item, error));
    mcrs_client_free(client);
    CHECK(mcrs_item_value_len(item) == 10);
    CHECK(memcmp(mcrs_item_value(item), "still here", 10) == 0);
    mcrs_item_free(item);
}

static void conditions_decide(void)
{
    mcrs_client *client = connect_to_first();
    mcrs_item *item = NULL;
    uint64_t cas = 0;

    CHECK(is_missing(client, KEY("cond")));
    EXPECT(MCRS_RESULT_NOT_STORED,
           mcrs_client_replace(client, KEY("cond"), "no", 2, 0, 0, error));
    EXPECT(MCRS_RESULT_NOT_STORED, mcrs_client_append(client, KEY("cond"), "no", 2, error));
    EXPECT(MCRS_RESULT_NOT_STORED, mcrs_client_prepend(client, KEY("cond"), "no", 2, error));
    EXPECT(MCRS_RESULT_NOT_FOUND, mcrs_client_cas(client, KEY("cond"), "no", 2, 0, 0, 1, error));
    EXPECT(MCRS_RESULT_NOT_FOUND, mcrs_client_delete(client, KEY("cond"), error));
    EXPECT(MCRS_RESULT_NOT_FOUND, mcrs_client_touch(client, KEY("cond"), 0, error));

    EXPECT(MCRS_RESULT_OK, mcrs_client_add(client, KEY("cond"), "b", 1, 0, 0, error));
    EXPECT(MCRS_RESULT_NOT_STORED, mcrs_client_add(client, KEY("cond"), "no", 2, 0, 0, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_append(client, KEY("cond"), "c", 1, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_prepend(client, KEY("cond"), "a", 1, error));
    CHECK(holds(client, KEY("cond"), "abc", 3));
    EXPECT(MCRS_RESULT_OK, mcrs_client_replace(client, KEY("cond"), "other", 5, 0, 0, error));

    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("cond"), &item, error))) {
        cas = mcrs_item_cas(item);
        mcrs_item_free(item);
    }
    EXPECT(MCRS_RESULT_OK, mcrs_client_cas(client, KEY("cond"), "new", 3, 9, 0, cas, error));
    EXPECT(MCRS_RESULT_EXISTS, mcrs_client_cas(client, KEY("cond"), "no", 2, 0, 0, cas, error));
    CHECK(holds(client, KEY("cond"), "new", 3));

    EXPECT(MCRS_RESULT_OK, mcrs_client_delete(client, KEY("cond"), error));
    CHECK(is_missing(client, KEY("cond")));
    mcrs_client_free(client);
}

static void items_expire(void)
{
    mcrs_client *client = connect_to_first();

    /* A negative exptime is over at once, so nobody needs to wait. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("expired"), "x", 1, 0, -1, error));
    CHECK(is_missing(client, KEY("expired")));
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("expiring"), "x", 1, 0, 600, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_touch(client, KEY("expiring"), 1200, error));
    CHECK(holds(client, KEY("expiring"), "x", 1));
    EXPECT(MCRS_RESULT_OK, mcrs_client_touch(client, KEY("expiring"), -1, error));
    CHECK(is_missing(client, KEY("expiring")));
    mcrs_client_free(client);
}

static void counters_count(void)
{
    mcrs_client *client = connect_to_first();
    uint64_t value = 4711;

    EXPECT(MCRS_RESULT_NOT_FOUND, mcrs_client_incr(client, KEY("count"), 1, &value, error));
    EXPECT(MCRS_RESULT_NOT_FOUND, mcrs_client_decr(client, KEY("count"), 1, &value, error));
    CHECK(value == 4711);
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("count"), "40", 2, 0, 0, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_incr(client, KEY("count"), 5, &value, error));
    CHECK(value == 45);
    EXPECT(MCRS_RESULT_OK, mcrs_client_decr(client, KEY("count"), 3, &value, error));
    CHECK(value == 42);
    /* Who does not want to know the value need not take it. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_incr(client, KEY("count"), 1, NULL, error));
    CHECK(holds(client, KEY("count"), "43", 2));
    EXPECT(MCRS_RESULT_OK, mcrs_client_decr(client, KEY("count"), 100, &value, error));
    CHECK(value == 0);
    EXPECT(MCRS_RESULT_OK, mcrs_client_incr(client, KEY("count"), UINT64_MAX, &value, error));
    CHECK(value == UINT64_MAX);
    EXPECT(MCRS_RESULT_OK, mcrs_client_incr(client, KEY("count"), 2, &value, error));
    CHECK(value == 1);
    mcrs_client_free(client);
}

/* A text that compression shrinks. */
static char *monotony(size_t len)
{
    char *text = (char *)malloc(len);

    if (text == NULL) {
        exit(2);
    }
    memset(text, 'a', len);
    return text;
}

static void long_values_are_compressed(void)
{
    static const size_t len = 100000;
    mcrs_client *client = connect_to_first();
    mcrs_item *item = NULL;
    char *text = monotony(len);

    EXPECT(MCRS_RESULT_OK,
           mcrs_client_set(client, KEY("for-runner-long"), text, len, 0, 0, error));
    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("for-runner-long"), &item, error))) {
        CHECK(mcrs_item_flags(item) == MCRS_FLAG_COMPRESSED);
        CHECK(mcrs_item_value_len(item) == len);
        CHECK(memcmp(mcrs_item_value(item), text, len) == 0);
        mcrs_item_free(item);
    }
    /* A short one on request. */
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_set(client, KEY("asked"), text, 500, MCRS_FLAG_COMPRESSED, 0, error));
    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("asked"), &item, error))) {
        CHECK(mcrs_item_flags(item) == MCRS_FLAG_COMPRESSED);
        CHECK(mcrs_item_value_len(item) == 500);
        mcrs_item_free(item);
    }
    /* None when it is switched off; the value is longer than any buffer on the way. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set_option(client, "compress_threshold", "0", error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("plain"), text, len, 0, 0, error));
    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("plain"), &item, error))) {
        CHECK(mcrs_item_flags(item) == 0);
        CHECK(mcrs_item_value_len(item) == len);
        CHECK(memcmp(mcrs_item_value(item), text, len) == 0);
        mcrs_item_free(item);
    }
    free(text);
    mcrs_client_free(client);
}

/* The runner stored these with other tools. */
static void items_of_others_are_read(void)
{
    static const char words[] = "from outside ";
    mcrs_client *client = connect_to_first();
    mcrs_item *item = NULL;

    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("runner-zlib"), &item, error))) {
        CHECK(mcrs_item_flags(item) == MCRS_FLAG_COMPRESSED);
        CHECK(mcrs_item_value_len(item) == 1000 * (sizeof words - 1));
        CHECK(memcmp(mcrs_item_value(item), words, sizeof words - 1) == 0);
        mcrs_item_free(item);
    }
    if (EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, KEY("runner-int"), &item, error))) {
        CHECK((mcrs_item_flags(item) & MCRS_FLAG_TYPE_MASK) == MCRS_FLAG_TYPE_INT);
        CHECK((mcrs_item_flags(item) & MCRS_FLAG_SERIALIZED) == 0);
        CHECK(memcmp(mcrs_item_value(item), "-42", 3) == 0);
        mcrs_item_free(item);
    }
    mcrs_client_free(client);
}

static void flags_of_the_peers_have_their_numbers(void)
{
    CHECK(MCRS_FLAG_SERIALIZED == 1);
    CHECK(MCRS_FLAG_COMPRESSED == 2);
    CHECK(MCRS_FLAG_TYPE_MASK == 0x0f00);
    CHECK(MCRS_FLAG_TYPE_BOOL == 0x0100);
    CHECK(MCRS_FLAG_TYPE_INT == 0x0300);
    CHECK(MCRS_FLAG_TYPE_FLOAT == 0x0700);
    CHECK(MCRS_FLAG_USER_MASK == 0xffff0000);
}

#define MANY 200

static void keys_are_spread_over_two_servers(void)
{
    static const char *const names[] = {"PORT_FIRST", "PORT_SECOND"};
    mcrs_client *both = connect_to(names, 2);
    mcrs_client *alone[2];
    size_t shares[2] = {0, 0};
    size_t count = 0;
    char name[32];
    mcrs_text *text = NULL;
    int i;

    alone[0] = connect_to(names, 1);
    alone[1] = connect_to(names + 1, 1);
    EXPECT(MCRS_RESULT_OK, mcrs_client_server_count(both, &count, error));
    CHECK(count == 2);
    for (i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "127.0.0.1:%u", (unsigned)port_of(names[i]));
        if (EXPECT(MCRS_RESULT_OK, mcrs_client_server_name(both, (size_t)i, &text, error))) {
            CHECK(strcmp(mcrs_text_data(text), name) == 0);
            CHECK(mcrs_text_len(text) == strlen(name));
            mcrs_text_free(text);
        }
    }
    /* Each key is on the server that was named, and not on the other. */
    for (i = 0; i < MANY; i++) {
        size_t server = 99;
        size_t len = (size_t)snprintf(name, sizeof name, "spread-%d", i);

        EXPECT(MCRS_RESULT_OK, mcrs_client_set(both, name, len, &i, sizeof i, 0, 0, error));
        EXPECT(MCRS_RESULT_OK, mcrs_client_server_for_key(both, name, len, &server, error));
        if (CHECK(server < 2)) {
            shares[server]++;
            CHECK(holds(alone[server], name, len, &i, sizeof i));
            CHECK(is_missing(alone[1 - server], name, len));
        }
    }
    CHECK(shares[0] > 0 && shares[1] > 0);
    mcrs_client_free(alone[0]);
    mcrs_client_free(alone[1]);
    mcrs_client_free(both);
}

/* Every third of the keys that are asked for does not exist. */
static void many_keys_are_fetched_at_once(void)
{
    static const char *const names[] = {"PORT_FIRST", "PORT_SECOND"};
    mcrs_client *client = connect_to(names, 2);
    char names_of_keys[MANY][32];
    const char *keys[MANY];
    size_t lens[MANY];
    mcrs_item *items[MANY];
    mcrs_result results[MANY];
    int right = 0;
    int i;

    for (i = 0; i < MANY; i++) {
        snprintf(names_of_keys[i], sizeof names_of_keys[i], "%s-%d",
                 i % 3 == 2 ? "nowhere" : "spread", i);
        keys[i] = names_of_keys[i];
        lens[i] = strlen(keys[i]);
    }
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_get_many(client, keys, lens, MANY, items, results, error));
    for (i = 0; i < MANY; i++) {
        if (i % 3 == 2) {
            right += results[i] == MCRS_RESULT_NOT_FOUND && items[i] == NULL;
        } else if (results[i] == MCRS_RESULT_OK && items[i] != NULL) {
            right += mcrs_item_value_len(items[i]) == sizeof i &&
                     memcmp(mcrs_item_value(items[i]), &i, sizeof i) == 0 &&
                     mcrs_item_cas(items[i]) != 0;
        }
        mcrs_item_free(items[i]);
    }
    CHECK(right == MANY);
    /* Nothing is asked for, and nothing is needed for it. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_get_many(client, NULL, NULL, 0, NULL, NULL, error));
    mcrs_client_free(client);
}

static void each_server_can_be_asked(void)
{
    static const char *const names[] = {"PORT_FIRST", "PORT_SECOND"};
    mcrs_client *client = connect_to(names, 2);
    mcrs_client *second = connect_to(names + 1, 1);
    mcrs_client *first = connect_to_first();
    mcrs_text *text = NULL;
    size_t server;

    for (server = 0; server < 2; server++) {
        if (EXPECT(MCRS_RESULT_OK, mcrs_client_version(client, server, &text, error))) {
            CHECK(mcrs_text_data(text)[0] >= '0' && mcrs_text_data(text)[0] <= '9');
            CHECK(strchr(mcrs_text_data(text), '\n') == NULL);
            mcrs_text_free(text);
        }
        if (EXPECT(MCRS_RESULT_OK, mcrs_client_stats(client, server, NULL, &text, error))) {
            CHECK(strncmp(mcrs_text_data(text), "STAT ", 5) == 0);
            CHECK(strstr(mcrs_text_data(text), "\nSTAT curr_items ") != NULL);
            CHECK(strstr(mcrs_text_data(text), "END") == NULL);
            CHECK(mcrs_text_data(text)[mcrs_text_len(text) - 1] == '\n');
            mcrs_text_free(text);
        }
        if (EXPECT(MCRS_RESULT_OK, mcrs_client_stats(client, server, "settings", &text, error))) {
            CHECK(strstr(mcrs_text_data(text), "STAT maxbytes ") != NULL);
            mcrs_text_free(text);
        }
    }
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(first, KEY("stays"), "x", 1, 0, 0, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(second, KEY("goes"), "x", 1, 0, 0, error));
    /* One of them is emptied, the other keeps what it has. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_flush(client, 1, 0, error));
    CHECK(is_missing(second, KEY("goes")));
    CHECK(holds(first, KEY("stays"), "x", 1));
    /* Not yet. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(second, KEY("goes"), "x", 1, 0, 0, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_flush(client, 1, 3600, error));
    CHECK(holds(second, KEY("goes"), "x", 1));
    mcrs_client_free(first);
    mcrs_client_free(second);
    mcrs_client_free(client);
}

static void a_unix_socket_is_a_server_too(void)
{
    mcrs_client *client = mcrs_client_new();

    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, setting("UNIX_HOST"), 0, 1, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("by-path"), "x", 1, 0, 0, error));
    CHECK(holds(client, KEY("by-path"), "x", 1));
    mcrs_client_free(client);
}

/*
 * Where pecl's extension puts the keys "0" to "9" on five servers of equal weight.
 * Source: tests/php/vectors/hash-servers.tsv, pool n5 of hash-pools.json.
 */
static const char *const PLACES[][3] = {
    {"standard", "crc32", "0344213220"},
    {"standard", "fnv", "0421103232"},
    {"consistent", "crc32", "3234413410"},
    {"consistent", "fnv", "0240014424"},
};

/* Nothing is sent, so nobody needs to listen there. */
static void options_place_keys(void)
{
    size_t i;

    for (i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        mcrs_client *client = mcrs_client_new();
        uint32_t port;
        char key;

        EXPECT(MCRS_RESULT_OK,
               mcrs_client_set_option(client, "hash_strategy", PLACES[i][0], error));
        EXPECT(MCRS_RESULT_OK,
               mcrs_client_set_option(client, "hash_function", PLACES[i][1], error));
        for (port = 11211; port <= 11215; port++) {
            EXPECT(MCRS_RESULT_OK, mcrs_client_add_server(client, "127.0.0.1", port, 1, error));
        }
        for (key = '0'; key <= '9'; key++) {
            size_t server = 99;

            EXPECT(MCRS_RESULT_OK, mcrs_client_server_for_key(client, &key, 1, &server, error));
            CHECK(server == (size_t)(PLACES[i][2][key - '0'] - '0'));
        }
        mcrs_client_free(client);
    }
}

int main(void)
{
    error = mcrs_error_new();
    version_is_that_of_the_header();
    flags_of_the_peers_have_their_numbers();
    values_are_any_bytes();
    an_item_outlives_its_client();
    conditions_decide();
    items_expire();
    counters_count();
    long_values_are_compressed();
    items_of_others_are_read();
    keys_are_spread_over_two_servers();
    many_keys_are_fetched_at_once();
    each_server_can_be_asked();
    a_unix_socket_is_a_server_too();
    options_place_keys();
    /* Nothing failed that the checks above did not expect. */
    CHECK(mcrs_error_result(error) == MCRS_RESULT_OK);
    mcrs_error_free(error);
    return report();
}
