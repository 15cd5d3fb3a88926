/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the network back end.
 */
#ifndef _MVH_NET_H
#define _MVH_NET_H

struct mvh_vq;

void mvh_net_tx(struct mvh_vq *vq);
void mvh_net_tx_flush(struct mvh_vq *vq);
void mvh_net_rx(struct mvh_vq *vq);

#endif /* _MVH_NET_H */
