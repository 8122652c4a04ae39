/* commands.h - the commands of the program; each is a file, or shares one with its family. */
#ifndef TENON_CLI_COMMANDS_H
#define TENON_CLI_COMMANDS_H

#include "options.h"

extern const cli_command command_run;      /* run.c */
extern const cli_command command_log;      /* log.c */
extern const cli_command command_tail;     /* tail.c */
extern const cli_command command_snapshot; /* upkeep.c */
extern const cli_command command_check;    /* upkeep.c */
extern const cli_command command_info;     /* info.c */
extern const cli_command command_convert;  /* convert.c */
extern const cli_command command_copy;     /* copy.c */
extern const cli_command command_backup;   /* copy.c */
extern const cli_command command_import;   /* import.c */
extern const cli_command command_export;   /* export.c */

#endif
