/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What unit.c wants of its environment; there is no kernel to replace here.
 */
#ifndef CTL_TEST_ENV_H
#define CTL_TEST_ENV_H

static inline void env_check_end(void)
{
}

#endif /* CTL_TEST_ENV_H */
