/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One receive function for the sockets of libmnl, which takes messages from whomever they are. */
#include "host/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

/* Who sends to a socket without end does not keep one that does not wait from finding nothing. */
#define FOREIGN_MAX 10000

ssize_t pg_netlink_receive(int fd, void *buffer, size_t size, int flags)
{
        for (int i = 0; i < FOREIGN_MAX;) {
                struct sockaddr_nl from = {0};
                struct iovec part = {.iov_base = buffer, .iov_len = size};
                struct msghdr header = {
                        .msg_name = &from,
                        .msg_namelen = sizeof(from),
                        .msg_iov = &part,
                        .msg_iovlen = 1,
                };
                ssize_t length = recvmsg(fd, &header, flags);

                if (length < 0 && errno == EINTR)
                        continue;
                if (length < 0)
                        return -errno;
                i++;
                if (header.msg_namelen != sizeof(from) || from.nl_pid != 0)
                        continue;
                return header.msg_flags & MSG_TRUNC ? -ENOSPC : length;
        }
        return -EAGAIN;
}
