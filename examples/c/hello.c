/*
 * The smallest useful program on libmcrs: one item stored, read and deleted, and every error told.
 *
 * With libmcrs installed:
 *     cc -std=c99 -o hello hello.c $(pkg-config --cflags --libs mcrs)
 *     ./hello 127.0.0.1 11211
 * Straight from the build tree, after `make dist`:
 *     export PKG_CONFIG_PATH=target/dist LD_LIBRARY_PATH=target/dist
 */
#include <mcrs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys are pointer and length: no NUL is needed, and none is looked for. */
static const char key[] = "greeting";
static const size_t key_len = sizeof key - 1;

/*
 * Every call returns what became of it: MCRS_RESULT_OK, an answer that says no, such as
 * MCRS_RESULT_NOT_FOUND, or an error. The error object, which is ours to make and free, then knows
 * more. Calls that do not interest anyone may be given NULL in its place.
 */
static int done(const char *what, mcrs_result result, const mcrs_error *error)
{
    if (!mcrs_result_is_error(result)) {
        printf("%s: %s\n", what, mcrs_result_text(result));
        return 1;
    }
    fprintf(stderr, "%s: %s: %s", what, mcrs_result_text(result), mcrs_error_text(error));
    if (mcrs_error_server(error) != NULL) {
        fprintf(stderr, " (%s)", mcrs_error_server(error));
    }
    fputc('\n', stderr);
    return 0;
}

static int run(mcrs_client *client, const char *host, uint32_t port, mcrs_error *error)
{
    static const char value[] = "Hello, world";
    mcrs_item *item = NULL;
    mcrs_result result;

    /* Half a second for connecting and for every answer. Options come before servers. */
    if (mcrs_client_set_option(client, "timeout_ms", "500", error) != MCRS_RESULT_OK ||
        mcrs_client_add_server(client, host, port, 1, error) != MCRS_RESULT_OK) {
        return done("setting up", mcrs_error_result(error), error);
    }

    /* Flags 0, and expiring in ten minutes. The connection is made here, when it is needed. */
    result = mcrs_client_set(client, key, key_len, value, sizeof value - 1, 0, 600, error);
    if (!done("set", result, error)) {
        return 0;
    }

    /* The item is ours: it stays until we free it, whatever becomes of the client. */
    result = mcrs_client_get(client, key, key_len, &item, error);
    if (!done("get", result, error)) {
        return 0;
    }
    if (result == MCRS_RESULT_OK) {
        printf("%.*s\n", (int)mcrs_item_value_len(item), (const char *)mcrs_item_value(item));
        mcrs_item_free(item);
    }

    /* The second time there is nothing to delete, which is an answer and no error. */
    return done("delete", mcrs_client_delete(client, key, key_len, error), error) &&
           done("delete", mcrs_client_delete(client, key, key_len, error), error);
}

int main(int argc, char **argv)
{
    mcrs_client *client = mcrs_client_new();
    mcrs_error *error = mcrs_error_new();
    const char *host = argc > 1 ? argv[1] : "127.0.0.1";
    uint32_t port = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 11211;
    int good = client != NULL && error != NULL && run(client, host, port, error);

    mcrs_client_free(client);
    mcrs_error_free(error);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
