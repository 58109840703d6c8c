/*
 * Items exchanged with PHP through two servers: what interop.php stored is read, and items of every
 * PHP type are stored for it to read.
 *
 * Servers: PORT_FIRST, PORT_SECOND.
 */
#include "check.h"

#define PLACES 50

struct example {
    const char *key;
    uint32_t flags;
    const char *value;
};

/* As interop.php stores them. */
static const struct example of_php[] = {
    {"php-text", 0, "from PHP"},
    {"php-int", MCRS_FLAG_TYPE_INT, "-42"},
    {"php-bool", MCRS_FLAG_TYPE_BOOL, "1"},
    {"php-float", MCRS_FLAG_TYPE_FLOAT, "1.5"},
    {"php-array", MCRS_FLAG_SERIALIZED, "a:1:{i:0;s:1:\"x\";}"},
};

/* As interop.php expects them. */
static const struct example of_c[] = {
    {"c-text", 0, "from C"},
    {"c-int", MCRS_FLAG_TYPE_INT, "4711"},
    {"c-bool", MCRS_FLAG_TYPE_BOOL, "1"},
    {"c-float", MCRS_FLAG_TYPE_FLOAT, "2.5"},
    {"c-array", MCRS_FLAG_SERIALIZED, "a:2:{i:0;i:1;s:1:\"k\";b:0;}"},
};

static mcrs_error *error;

static mcrs_item *fetch(mcrs_client *client, const char *key)
{
    mcrs_item *item = NULL;

    EXPECT(MCRS_RESULT_OK, mcrs_client_get(client, key, strlen(key), &item, error));
    return item;
}

static void read_what_php_stored(mcrs_client *client)
{
    static const char words[] = "long from PHP ";
    static const size_t len = sizeof words - 1;
    mcrs_item *item;
    size_t i;

    for (i = 0; i < sizeof of_php / sizeof *of_php; i++) {
        item = fetch(client, of_php[i].key);
        CHECK(mcrs_item_flags(item) == of_php[i].flags);
        if (CHECK(mcrs_item_value_len(item) == strlen(of_php[i].value))) {
            CHECK(memcmp(mcrs_item_value(item), of_php[i].value, strlen(of_php[i].value)) == 0);
        }
        mcrs_item_free(item);
    }
    item = fetch(client, "php-long");
    CHECK(mcrs_item_flags(item) == MCRS_FLAG_COMPRESSED);
    if (CHECK(mcrs_item_value_len(item) == 5000 * len)) {
        const char *value = (const char *)mcrs_item_value(item);

        for (i = 0; i < 5000 && memcmp(value + i * len, words, len) == 0; i++) {
        }
        CHECK(i == 5000);
    }
    mcrs_item_free(item);
}

static void read_from_where_php_put_it(mcrs_client *client)
{
    size_t shares[2] = {0, 0};
    char key[32];
    int i;

    for (i = 0; i < PLACES; i++) {
        size_t len = (size_t)snprintf(key, sizeof key, "place-%d", i);
        size_t server = 2;

        mcrs_item_free(fetch(client, key));
        EXPECT(MCRS_RESULT_OK, mcrs_client_server_for_key(client, key, len, &server, error));
        if (CHECK(server < 2)) {
            shares[server]++;
        }
    }
    CHECK(shares[0] > 0 && shares[1] > 0);
}

static void store_for_php(mcrs_client *client)
{
    static char text[60000];
    size_t i;

    for (i = 0; i < sizeof of_c / sizeof *of_c; i++) {
        EXPECT(MCRS_RESULT_OK,
               mcrs_client_set(client, of_c[i].key, strlen(of_c[i].key), of_c[i].value,
                               strlen(of_c[i].value), of_c[i].flags, 0, error));
    }
    memset(text, 'c', sizeof text);
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_set(client, "c-long", 6, text, sizeof text, 0, 0, error));
}

int main(void)
{
    mcrs_client *client = mcrs_client_new();

    error = mcrs_error_new();
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_FIRST"), 1, error));
    EXPECT(MCRS_RESULT_OK,
           mcrs_client_add_server(client, "127.0.0.1", port_of("PORT_SECOND"), 1, error));
    read_what_php_stored(client);
    read_from_where_php_put_it(client);
    store_for_php(client);
    mcrs_client_free(client);
    mcrs_error_free(error);
    return report();
}
