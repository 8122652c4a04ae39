/* The line protocol is the command line's; the tests speak it without the program around it. */
#include "cli/described.c"
#include "cli/line.c"
