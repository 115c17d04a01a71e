import CLinux
import Glibc

/// Reports when another program changes the table of an overlay filter. Needs CAP_NET_ADMIN.
package struct OverlayFilterEvents: ~Copyable, Sendable {
    /// The changes since the last `readChanges`.
    package struct Changes: Sendable, Hashable {
        /// Another program has changed the table, or may have: events were lost.
        package var isChanged = false
        /// The last change is complete, as far as is known.
        package var isComplete = false
        /// The process that made the last change, as the kernel reports it: `nft (pid 4242)`. Nil: the kernel does not
        /// report it.
        package var author: String?

        package init() {}
    }

    private let socket: NetfilterSocket
    private let table: String
    private let ownPort: UInt32

    /// - Parameter filter: its own changes are not reported.
    package init(of filter: OverlayFilter) throws(SystemError) {
        let socket = try NetfilterSocket()
        try socket.subscribe()
        self.socket = socket
        table = filter.name
        ownPort = filter.port
    }

    /// Readable when events may be waiting.
    package var fileDescriptor: CInt { socket.fileDescriptor }

    package borrowing func readChanges() -> Changes {
        var changes = Changes()
        do throws(SystemError) {
            try socket.receiveWaiting("nf_tables events", table) { message in record(message, in: &changes) }
        } catch {
            // ENOBUFS: events were lost.
            changes.isChanged = true
            changes.isComplete = true
        }
        return changes
    }

    private borrowing func record(_ message: UnsafeMutablePointer<nlmsghdr>, in changes: inout Changes) {
        guard message.pointee.nlmsg_pid != ownPort, let type = Netfilter.type(of: message) else { return }
        if type == NFT_MSG_NEWGEN {
            // NEWGEN ends the events of one change.
            changes.isComplete = true
            guard let pid = Netfilter.value(.init(NFTA_GEN_PROC_PID), of: message)?.number else { return }
            let name = Netfilter.value(.init(NFTA_GEN_PROC_NAME), of: message)?.text ?? ""
            // The process chose this name itself. It must not be able to imitate other text in a log.
            let safe = String(decoding: name.utf8.filter { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 }, as: UTF8.self)
            changes.author = "\(safe.isEmpty ? "unnamed" : safe) (pid \(pid))"
            return
        }
        guard let header = nlmsg_data(message)?.loadUnaligned(as: nfgenmsg.self),
            header.nfgen_family == Netfilter.inet,
            // In all messages but NEWGEN, the table's name is the first attribute.
            Netfilter.value(.init(NFTA_TABLE_NAME), of: message)?.text == table
        else { return }
        changes.isChanged = true
    }
}
