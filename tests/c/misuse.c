/*
 * Reads memory of the library after it was freed, on purpose: a tool that does not object to this
 * program does not see the library's memory.
 */
#include "check.h"

int main(void)
{
    mcrs_error *error = mcrs_error_new();
    const char *text;

    CHECK(mcrs_client_delete(NULL, "k", 1, error) == MCRS_RESULT_INVALID_ARGUMENT);
    text = mcrs_error_text(error);
    CHECK(text[0] != '\0');
    mcrs_error_free(error);
    CHECK(text[0] != 'x');
    return report();
}
