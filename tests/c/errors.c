/*
 * Everything that can go wrong, as a C99 program meets it: wrong arguments, servers that are dead,
 * silent, closing, or lying, and what they refuse.
 *
 * Servers: PORT_FIRST works. PORT_DEAD refuses, PORT_SILENT takes connections and says nothing,
 * PORT_CLOSING hangs up at the first byte. The others answer everything with one line: PORT_RUBBISH
 * one that means nothing, PORT_ERROR "ERROR", PORT_SERVER_ERROR and PORT_NO_MEMORY their own,
 * PORT_NEGATIVE "-5".
 */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <errno.h>
#include <time.h>

#define KEY(literal) (literal), (sizeof(literal) - 1)

/* An address that nothing may be written to: an output that was not touched still has it. */
static char untouched;
#define UNTOUCHED ((void *)&untouched)

static mcrs_error *error;

static mcrs_client *client_of(const char *port)
{
    mcrs_client *client = mcrs_client_new();

    EXPECT(MCRS_RESULT_OK, mcrs_client_set_option(client, "timeout_ms", "5000", error));
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of(port), 1, error));
    return client;
}

/* What the error object says about the last failure. */
static void expect_error(mcrs_result result, const char *port)
{
    char name[32];

    EXPECT(result, mcrs_error_result(error));
    CHECK(mcrs_error_text(error)[0] != '\0');
    if (port == NULL) {
        CHECK(mcrs_error_server(error) == NULL);
    } else {
        snprintf(name, sizeof name, "127.0.0.1:%u", (unsigned)port_of(port));
        CHECK(mcrs_error_server(error) != NULL && strcmp(mcrs_error_server(error), name) == 0);
    }
}

static void null_is_freed_and_looked_at_without_harm(void)
{
    mcrs_client_free(NULL);
    mcrs_error_free(NULL);
    mcrs_item_free(NULL);
    mcrs_text_free(NULL);
    CHECK(mcrs_item_value(NULL) == NULL);
    CHECK(mcrs_item_value_len(NULL) == 0);
    CHECK(mcrs_item_flags(NULL) == 0);
    CHECK(mcrs_item_cas(NULL) == 0);
    CHECK(mcrs_text_data(NULL) == NULL);
    CHECK(mcrs_text_len(NULL) == 0);
    CHECK(mcrs_error_result(NULL) == MCRS_RESULT_OK);
    CHECK(mcrs_error_text(NULL)[0] == '\0');
    CHECK(mcrs_error_server(NULL) == NULL);
    CHECK(mcrs_error_errno(NULL) == 0);
}

/* The call is refused with the result, and the error object says so too. */
#define REFUSED(result, call)                 \
    do {                                      \
        EXPECT((result), (call));             \
        expect_error((result), NULL);         \
    } while (0)
#define INVALID(call) REFUSED(MCRS_RESULT_INVALID_ARGUMENT, call)

static void null_for_a_client_is_refused(void)
{
    mcrs_item *item = (mcrs_item *)UNTOUCHED;
    mcrs_text *text = (mcrs_text *)UNTOUCHED;
    mcrs_result result = MCRS_RESULT_EXISTS;
    const char *key = "k";
    size_t len = 1, number = 4711;
    uint64_t value = 4711;

    INVALID(mcrs_client_set_option(NULL, "timeout_ms", "1", error));
    INVALID(mcrs_client_add_server(NULL, "127.0.0.1", 1, 1, error));
    INVALID(mcrs_client_server_count(NULL, &number, error));
    INVALID(mcrs_client_server_name(NULL, 0, &text, error));
    INVALID(mcrs_client_server_for_key(NULL, KEY("k"), &number, error));
    INVALID(mcrs_client_flush(NULL, 0, 0, error));
    INVALID(mcrs_client_version(NULL, 0, &text, error));
    INVALID(mcrs_client_stats(NULL, 0, NULL, &text, error));
    INVALID(mcrs_client_get(NULL, KEY("k"), &item, error));
    INVALID(mcrs_client_get_many(NULL, &key, &len, 1, &item, &result, error));
    INVALID(mcrs_client_set(NULL, KEY("k"), "v", 1, 0, 0, error));
    INVALID(mcrs_client_add(NULL, KEY("k"), "v", 1, 0, 0, error));
    INVALID(mcrs_client_replace(NULL, KEY("k"), "v", 1, 0, 0, error));
    INVALID(mcrs_client_append(NULL, KEY("k"), "v", 1, error));
    INVALID(mcrs_client_prepend(NULL, KEY("k"), "v", 1, error));
    INVALID(mcrs_client_cas(NULL, KEY("k"), "v", 1, 0, 0, 1, error));
    INVALID(mcrs_client_delete(NULL, KEY("k"), error));
    INVALID(mcrs_client_touch(NULL, KEY("k"), 0, error));
    INVALID(mcrs_client_incr(NULL, KEY("k"), 1, &value, error));
    INVALID(mcrs_client_decr(NULL, KEY("k"), 1, &value, error));
    /* And without an error object. */
    EXPECT(MCRS_RESULT_INVALID_ARGUMENT, mcrs_client_delete(NULL, KEY("k"), NULL));
    CHECK(item == UNTOUCHED && text == UNTOUCHED && result == MCRS_RESULT_EXISTS);
    CHECK(number == 4711 && value == 4711);
}

static void null_for_another_argument_is_refused(void)
{
    mcrs_client *client = client_of("PORT_FIRST");
    mcrs_item *item = (mcrs_item *)UNTOUCHED;
    mcrs_result result = MCRS_RESULT_EXISTS;
    const char *key = "k";
    const char *no_key = NULL;
    size_t len = 1, number = 4711;

    INVALID(mcrs_client_set_option(client, NULL, "1", error));
    INVALID(mcrs_client_set_option(client, "timeout_ms", NULL, error));
    INVALID(mcrs_client_add_server(client, NULL, 1, 1, error));
    INVALID(mcrs_client_server_count(client, NULL, error));
    INVALID(mcrs_client_server_name(client, 0, NULL, error));
    INVALID(mcrs_client_server_for_key(client, NULL, 1, &number, error));
    INVALID(mcrs_client_server_for_key(client, KEY("k"), NULL, error));
    INVALID(mcrs_client_version(client, 0, NULL, error));
    INVALID(mcrs_client_stats(client, 0, NULL, NULL, error));
    INVALID(mcrs_client_get(client, NULL, 1, &item, error));
    INVALID(mcrs_client_get(client, KEY("k"), NULL, error));
    INVALID(mcrs_client_get_many(client, NULL, &len, 1, &item, &result, error));
    INVALID(mcrs_client_get_many(client, &key, NULL, 1, &item, &result, error));
    INVALID(mcrs_client_get_many(client, &key, &len, 1, NULL, &result, error));
    INVALID(mcrs_client_get_many(client, &key, &len, 1, &item, NULL, error));
    INVALID(mcrs_client_get_many(client, &no_key, &len, 1, &item, &result, error));
    INVALID(mcrs_client_set(client, NULL, 1, "v", 1, 0, 0, error));
    INVALID(mcrs_client_set(client, KEY("k"), NULL, 1, 0, 0, error));
    INVALID(mcrs_client_add(client, NULL, 1, "v", 1, 0, 0, error));
    INVALID(mcrs_client_replace(client, NULL, 1, "v", 1, 0, 0, error));
    INVALID(mcrs_client_append(client, KEY("k"), NULL, 1, error));
    INVALID(mcrs_client_prepend(client, KEY("k"), NULL, 1, error));
    INVALID(mcrs_client_cas(client, NULL, 1, "v", 1, 0, 0, 1, error));
    INVALID(mcrs_client_delete(client, NULL, 1, error));
    INVALID(mcrs_client_touch(client, NULL, 1, 0, error));
    INVALID(mcrs_client_incr(client, NULL, 1, 1, NULL, error));
    INVALID(mcrs_client_decr(client, NULL, 1, 1, NULL, error));
    CHECK(item == UNTOUCHED && result == MCRS_RESULT_EXISTS && number == 4711);
    mcrs_client_free(client);
}

static void numbers_out_of_range_are_refused(void)
{
    mcrs_client *client = client_of("PORT_FIRST");
    mcrs_text *text = (mcrs_text *)UNTOUCHED;
    const char *key = "k";
    size_t len = 1;
    mcrs_item *item = NULL;
    mcrs_result result;

    INVALID(mcrs_client_add_server(client, "", 11211, 1, error));
    INVALID(mcrs_client_add_server(client, "127.0.0.1", 0, 1, error));
    INVALID(mcrs_client_add_server(client, "127.0.0.1", 65536, 1, error));
    INVALID(mcrs_client_add_server(client, "127.0.0.1", 11211, 0, error));
    INVALID(mcrs_client_add_server(client, "127.0.0.1", 11211, 1000001, error));
    INVALID(mcrs_client_add_server(client, "unix:///nowhere", 1, 1, error));
    INVALID(mcrs_client_server_name(client, 1, &text, error));
    INVALID(mcrs_client_version(client, 1, &text, error));
    INVALID(mcrs_client_stats(client, SIZE_MAX, NULL, &text, error));
    INVALID(mcrs_client_stats(client, 0, "items\r\nflush_all", &text, error));
    INVALID(mcrs_client_flush(client, 1, 0, error));
    INVALID(mcrs_client_flush(client, 0, 0x80000000U, error));
    INVALID(mcrs_client_touch(client, KEY("k"), INT64_C(0x80000000), error));
    INVALID(mcrs_client_touch(client, KEY("k"), -INT64_C(0x80000001), error));
    /* What -1 becomes when it is taken for a size. */
    INVALID(mcrs_client_get(client, "k", SIZE_MAX, &item, error));
    INVALID(mcrs_client_set(client, KEY("k"), "v", SIZE_MAX, 0, 0, error));
    INVALID(mcrs_client_get_many(client, &key, &len, SIZE_MAX, &item, &result, error));
    CHECK(text == UNTOUCHED && item == NULL);
    mcrs_client_free(client);
}

static void options_are_checked(void)
{
    mcrs_client *client = mcrs_client_new();

    INVALID(mcrs_client_set_option(client, "no_such_option", "1", error));
    CHECK(strstr(mcrs_error_text(error), "no_such_option") != NULL);
    INVALID(mcrs_client_set_option(client, "timeout_ms", "soon", error));
    CHECK(strstr(mcrs_error_text(error), "milliseconds") != NULL);
    INVALID(mcrs_client_set_option(client, "hash_strategy", "ketama", error));
    INVALID(mcrs_client_set_option(client, "hash_function", "\xff", error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_add_server(client, "127.0.0.1", 11211, 1, error));
    INVALID(mcrs_client_set_option(client, "hash_strategy", "standard", error));
    mcrs_client_free(client);
}

static void bad_keys_are_refused(void)
{
    static const char *const bad[] = {"a b", "a\nb", "a\rb", "a\tb", "a\x01"};
    mcrs_client *client = client_of("PORT_FIRST");
    mcrs_item *item = (mcrs_item *)UNTOUCHED;
    mcrs_result results[2] = {MCRS_RESULT_EXISTS, MCRS_RESULT_EXISTS};
    const char *keys[2] = {"good", "not good"};
    size_t lens[2] = {4, 8};
    mcrs_item *items[2] = {NULL, NULL};
    char key[251];
    size_t number = 4711, i;

    memset(key, 'k', sizeof key);
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_get(client, key, 251, &item, error));
    /* A key is user data: it does not appear in texts. */
    CHECK(strstr(mcrs_error_text(error), "kk") == NULL);
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_get(client, key, 0, &item, error));
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_get(client, NULL, 0, &item, error));
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_get(client, "a\0b", 3, &item, error));
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        REFUSED(MCRS_RESULT_INVALID_KEY,
                mcrs_client_set(client, bad[i], strlen(bad[i]), "v", 1, 0, 0, error));
    }
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_delete(client, KEY("a b"), error));
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_touch(client, KEY("a b"), 0, error));
    REFUSED(MCRS_RESULT_INVALID_KEY, mcrs_client_incr(client, KEY("a b"), 1, NULL, error));
    REFUSED(MCRS_RESULT_INVALID_KEY,
            mcrs_client_server_for_key(client, KEY("a b"), &number, error));
    /* One bad key among many. */
    REFUSED(MCRS_RESULT_INVALID_KEY,
            mcrs_client_get_many(client, keys, lens, 2, items, results, error));
    CHECK(item == UNTOUCHED && number == 4711 && items[0] == NULL);
    CHECK(results[0] == MCRS_RESULT_EXISTS);
    /* The longest that is allowed. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, key, 250, "v", 1, 0, 0, error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_delete(client, key, 250, error));
    mcrs_client_free(client);
}

static void without_servers_nothing_is_answered(void)
{
    mcrs_client *client = mcrs_client_new();
    mcrs_item *item = NULL;
    mcrs_result result = MCRS_RESULT_EXISTS;
    const char *key = "k";
    size_t len = 1, number = 4711;

    EXPECT(MCRS_RESULT_OK, mcrs_client_server_count(client, &number, error));
    CHECK(number == 0);
    REFUSED(MCRS_RESULT_NO_SERVERS, mcrs_client_get(client, KEY("k"), &item, error));
    REFUSED(MCRS_RESULT_NO_SERVERS, mcrs_client_set(client, KEY("k"), "v", 1, 0, 0, error));
    REFUSED(MCRS_RESULT_NO_SERVERS, mcrs_client_delete(client, KEY("k"), error));
    REFUSED(MCRS_RESULT_NO_SERVERS,
            mcrs_client_get_many(client, &key, &len, 1, &item, &result, error));
    REFUSED(MCRS_RESULT_NO_SERVERS,
            mcrs_client_server_for_key(client, KEY("k"), &number, error));
    CHECK(item == NULL && result == MCRS_RESULT_EXISTS);
    mcrs_client_free(client);
}

static void a_dead_server_is_named_and_then_left_alone(void)
{
    mcrs_client *client = client_of("PORT_DEAD");
    mcrs_item *item = NULL;
    mcrs_text *text = NULL;

    EXPECT(MCRS_RESULT_CONNECT, mcrs_client_get(client, KEY("k"), &item, error));
    expect_error(MCRS_RESULT_CONNECT, "PORT_DEAD");
    CHECK(mcrs_error_errno(error) == ECONNREFUSED);
    /* Within the retry interval nobody tries again. */
    EXPECT(MCRS_RESULT_SERVER_DOWN, mcrs_client_get(client, KEY("k"), &item, error));
    EXPECT(MCRS_RESULT_SERVER_DOWN, mcrs_client_version(client, 0, &text, error));
    CHECK(mcrs_error_errno(error) == 0);
    mcrs_client_free(client);

    /* Without an interval, every time. */
    client = mcrs_client_new();
    EXPECT(MCRS_RESULT_OK, mcrs_client_set_option(client, "retry_interval_sec", "0", error));
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_DEAD"), 1, error));
    EXPECT(MCRS_RESULT_CONNECT, mcrs_client_get(client, KEY("k"), &item, error));
    EXPECT(MCRS_RESULT_CONNECT, mcrs_client_get(client, KEY("k"), &item, error));
    CHECK(item == NULL && text == NULL);
    mcrs_client_free(client);
}

static void add_dead_and_live(mcrs_client *client)
{
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_DEAD"), 1, error));
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_FIRST"), 1, error));
}

#define SOME 40

static void another_server_takes_over_if_it_may(void)
{
    mcrs_client *client = mcrs_client_new();
    char key[32];
    size_t server = 99;
    int i;

    add_dead_and_live(client);
    for (i = 0; i < SOME; i++) {
        size_t len = (size_t)snprintf(key, sizeof key, "over-%d", i);

        EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, key, len, "v", 1, 0, 0, error));
        EXPECT(MCRS_RESULT_OK, mcrs_client_server_for_key(client, key, len, &server, error));
    }
    CHECK(server == 1);
    mcrs_client_free(client);
}

static void each_of_many_keys_has_its_own_answer(void)
{
    mcrs_client *client = mcrs_client_new();
    char names[SOME][32];
    const char *keys[SOME];
    size_t lens[SOME];
    mcrs_item *items[SOME];
    mcrs_result results[SOME];
    int right = 0, dead = 0;
    int i;

    EXPECT(MCRS_RESULT_OK, mcrs_client_set_option(client, "allow_failover", "0", error));
    add_dead_and_live(client);
    for (i = 0; i < SOME; i++) {
        snprintf(names[i], sizeof names[i], "over-%d", i);
        keys[i] = names[i];
        lens[i] = strlen(names[i]);
    }
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_get_many(client, keys, lens, SOME, items, results, error));
    for (i = 0; i < SOME; i++) {
        size_t server = 99;

        EXPECT(MCRS_RESULT_OK,
               mcrs_client_server_for_key(client, keys[i], lens[i], &server, error));
        if (server == 0) {
            dead++;
            right += results[i] == MCRS_RESULT_CONNECT && items[i] == NULL;
        } else {
            right += results[i] == MCRS_RESULT_OK && items[i] != NULL;
        }
        mcrs_item_free(items[i]);
    }
    CHECK(right == SOME);
    CHECK(dead > 0 && dead < SOME);
    mcrs_client_free(client);
}

static double now_sec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_silent_server_costs_the_time_out(void)
{
    mcrs_client *client = mcrs_client_new();
    mcrs_item *item = NULL;
    double begin;
    double took;

    EXPECT(MCRS_RESULT_OK, mcrs_client_set_option(client, "timeout_ms", "150", error));
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_SILENT"), 1, error));
    begin = now_sec();
    EXPECT(MCRS_RESULT_TIMEOUT, mcrs_client_get(client, KEY("k"), &item, error));
    took = now_sec() - begin;
    expect_error(MCRS_RESULT_TIMEOUT, "PORT_SILENT");
    /* Not before; and long before the default of one second, were there no load. */
    CHECK(took >= 0.149);
    CHECK(took < 30.0);
    CHECK(item == NULL);
    mcrs_client_free(client);
}

/* The server fails the request in its way; the client goes on with the next request. */
static void expect_failure(mcrs_result result, const char *port)
{
    mcrs_client *client = client_of(port);
    mcrs_item *item = NULL;

    EXPECT(result, mcrs_client_get(client, KEY("k"), &item, error));
    expect_error(result, port);
    EXPECT(MCRS_RESULT_SERVER_DOWN, mcrs_client_get(client, KEY("k"), &item, error));
    CHECK(item == NULL);
    mcrs_client_free(client);
}

static void servers_that_fail_are_told_apart(void)
{
    mcrs_client *client;
    uint64_t value = 4711;

    expect_failure(MCRS_RESULT_CLOSED, "PORT_CLOSING");
    expect_failure(MCRS_RESULT_PROTOCOL, "PORT_RUBBISH");
    expect_failure(MCRS_RESULT_UNKNOWN_COMMAND, "PORT_ERROR");
    expect_failure(MCRS_RESULT_SERVER_ERROR, "PORT_SERVER_ERROR");
    /* Where a server's own words are at hand, they are passed on. */
    client = client_of("PORT_SERVER_ERROR");
    EXPECT(MCRS_RESULT_SERVER_ERROR, mcrs_client_delete(client, KEY("k"), error));
    CHECK(strcmp(mcrs_error_text(error), "SERVER_ERROR out of order") == 0);
    mcrs_client_free(client);
    /* A counter that C cannot take. */
    client = client_of("PORT_NEGATIVE");
    EXPECT(MCRS_RESULT_PROTOCOL, mcrs_client_incr(client, KEY("k"), 1, &value, error));
    CHECK(value == 4711);
    mcrs_client_free(client);
}

static void a_server_may_refuse_and_go_on(void)
{
    mcrs_client *client = client_of("PORT_FIRST");
    mcrs_client *full = client_of("PORT_NO_MEMORY");
    size_t len = 2 * 1024 * 1024;
    char *large = (char *)malloc(len);
    mcrs_item *item = NULL;
    uint64_t value = 4711;

    if (large == NULL) {
        exit(2);
    }
    memset(large, 'a', len);
    EXPECT(MCRS_RESULT_OK, mcrs_client_set_option(client, "compress_threshold", "0", error));
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("large"), "old", 3, 0, 0, error));
    EXPECT(MCRS_RESULT_TOO_LARGE, mcrs_client_set(client, KEY("large"), large, len, 0, 0, error));
    expect_error(MCRS_RESULT_TOO_LARGE, "PORT_FIRST");
    EXPECT(MCRS_RESULT_NOT_FOUND, mcrs_client_get(client, KEY("large"), &item, error));

    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("word"), "word", 4, 0, 0, error));
    EXPECT(MCRS_RESULT_CLIENT_ERROR, mcrs_client_incr(client, KEY("word"), 1, &value, error));
    expect_error(MCRS_RESULT_CLIENT_ERROR, "PORT_FIRST");
    EXPECT(MCRS_RESULT_CLIENT_ERROR, mcrs_client_decr(client, KEY("word"), 1, &value, error));
    CHECK(value == 4711);

    EXPECT(MCRS_RESULT_OUT_OF_MEMORY,
           mcrs_client_set(full, KEY("k"), "v", 1, 0, 0, error));
    expect_error(MCRS_RESULT_OUT_OF_MEMORY, "PORT_NO_MEMORY");

    /* The runner stored what is no zlib stream under the flag of one. */
    EXPECT(MCRS_RESULT_DECODE, mcrs_client_get(client, KEY("runner-broken"), &item, error));
    expect_error(MCRS_RESULT_DECODE, NULL);
    CHECK(item == NULL);
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("word"), "w", 1, 0, 0, error));
    free(large);
    mcrs_client_free(full);
    mcrs_client_free(client);
}

static void an_error_object_keeps_the_last_error(void)
{
    mcrs_client *client = client_of("PORT_FIRST");
    mcrs_error *own = mcrs_error_new();
    mcrs_item *item = NULL;

    CHECK(mcrs_error_result(own) == MCRS_RESULT_OK);
    CHECK(mcrs_error_text(own)[0] == '\0');
    CHECK(mcrs_error_server(own) == NULL);
    CHECK(mcrs_error_errno(own) == 0);
    EXPECT(MCRS_RESULT_INVALID_KEY, mcrs_client_get(client, KEY(""), &item, own));
    EXPECT(MCRS_RESULT_INVALID_KEY, mcrs_error_result(own));
    /* Neither success nor a no is an error. */
    EXPECT(MCRS_RESULT_OK, mcrs_client_set(client, KEY("kept"), "v", 1, 0, 0, own));
    EXPECT(MCRS_RESULT_NOT_STORED, mcrs_client_add(client, KEY("kept"), "v", 1, 0, 0, own));
    EXPECT(MCRS_RESULT_INVALID_KEY, mcrs_error_result(own));
    INVALID(mcrs_client_server_count(client, NULL, error));
    EXPECT(MCRS_RESULT_INVALID_ARGUMENT, mcrs_client_server_count(client, NULL, own));
    EXPECT(MCRS_RESULT_INVALID_ARGUMENT, mcrs_error_result(own));
    mcrs_error_free(own);
    mcrs_client_free(client);
}

static void results_have_texts(void)
{
    CHECK(strcmp(mcrs_result_text(MCRS_RESULT_NOT_FOUND), "not found") == 0);
    CHECK(strcmp(mcrs_result_text(MCRS_RESULT_OK), "success") == 0);
    CHECK(strcmp(mcrs_result_text(12345), "unknown result") == 0);
    CHECK(strcmp(mcrs_result_text(-1), "unknown result") == 0);
    CHECK(!mcrs_result_is_error(MCRS_RESULT_OK));
    CHECK(!mcrs_result_is_error(MCRS_RESULT_EXISTS));
    CHECK(mcrs_result_is_error(MCRS_RESULT_INVALID_KEY));
    CHECK(mcrs_result_is_error(MCRS_RESULT_INTERNAL));
    CHECK(mcrs_result_is_error(12345));
}

int main(void)
{
    error = mcrs_error_new();
    null_is_freed_and_looked_at_without_harm();
    null_for_a_client_is_refused();
    null_for_another_argument_is_refused();
    numbers_out_of_range_are_refused();
    options_are_checked();
    bad_keys_are_refused();
    without_servers_nothing_is_answered();
    a_dead_server_is_named_and_then_left_alone();
    another_server_takes_over_if_it_may();
    each_of_many_keys_has_its_own_answer();
    a_silent_server_costs_the_time_out();
    servers_that_fail_are_told_apart();
    a_server_may_refuse_and_go_on();
    an_error_object_keeps_the_last_error();
    results_have_texts();
    mcrs_error_free(error);
    return report();
}
