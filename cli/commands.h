/* SPDX-License-Identifier: Apache-2.0
 *
 * Every command, one file each (cmd_*.c); the table of them is in main.c.
 */
#ifndef OKNG_CLI_COMMANDS_H
#define OKNG_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct okng_command okng_cmd_learn;
extern const struct okng_command okng_cmd_inspect;
extern const struct okng_command okng_cmd_eval;
extern const struct okng_command okng_cmd_check;
extern const struct okng_command okng_cmd_config;
extern const struct okng_command okng_cmd_doctor;
extern const struct okng_command okng_cmd_records;
extern const struct okng_command okng_cmd_replay;
extern const struct okng_command okng_cmd_plc_map;
extern const struct okng_command okng_cmd_plc_watch;
extern const struct okng_command okng_cmd_plc_sim;
extern const struct okng_command okng_cmd_camera_grab;
extern const struct okng_command okng_cmd_camera_show;
extern const struct okng_command okng_cmd_camera_list;
extern const struct okng_command okng_cmd_camera_live;
extern const struct okng_command okng_cmd_calib_board;
extern const struct okng_command okng_cmd_calib_flat;
extern const struct okng_command okng_cmd_calib_lens;
extern const struct okng_command okng_cmd_calib_plane;
extern const struct okng_command okng_cmd_calib_residual;
extern const struct okng_command okng_cmd_calib_verify;
extern const struct okng_command okng_cmd_bench;

#endif
