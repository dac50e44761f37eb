/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has the kernel forget all connections of this network namespace, as `conntrack -F` does. */
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "tools/address.h"

int main(void)
{
        struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
        _Alignas(struct nlmsghdr) char buffer[256];
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        ssize_t length;

        must(socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0, "netlink");
        request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        *(struct nfgenmsg *)mnl_nlmsg_put_extra_header(request, sizeof(struct nfgenmsg)) =
                (struct nfgenmsg){.version = NFNETLINK_V0};
        must(mnl_socket_sendto(socket, request, request->nlmsg_len) > 0, "send");
        length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
        must(length > 0 && mnl_cb_run(buffer, (size_t)length, 0, 0, NULL, NULL) >= 0, "forgetting");
        mnl_socket_close(socket);
        return 0;
}
