/*
 * Leaks a client on purpose: a tool that does not object to this program proves nothing about the
 * others.
 */
#include "check.h"

int main(void)
{
    CHECK(mcrs_client_new() != NULL);
    return report();
}
