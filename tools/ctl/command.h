/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands.  Each takes the command line from its own name on and returns
 * the exit status.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

int command_add(int argc, char **argv);
int command_show(int argc, char **argv);
int command_stats(int argc, char **argv);
int command_resize(int argc, char **argv);
int command_limit(int argc, char **argv);
int command_lun(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_del(int argc, char **argv);
int command_run(int argc, char **argv);
int command_top(int argc, char **argv);
int command_pin(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_report(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif /* CTL_COMMAND_H */
