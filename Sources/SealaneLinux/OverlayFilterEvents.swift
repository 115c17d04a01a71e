import CLinux
import Glibc

/// Tells when another program has changed the table of an overlay filter. Needs CAP_NET_ADMIN.
public struct OverlayFilterEvents: ~Copyable, Sendable {
    /// What happened since the last look.
    public struct News: Sendable, Hashable {
        /// Somebody else has changed the table, or that may be so: events were lost.
        public var isChanged = false
        /// The changes are complete, as far as is known.
        public var isComplete = false
        /// Who made the last of them, `nft (pid 4242)`, as the kernel says; nil: it does not.
        public var author: String?

        public init() {}
    }

    private let socket: NetfilterSocket
    private let table: String
    private let ownPort: UInt32

    /// - Parameter filter: whose own changes do not count.
    public init(of filter: OverlayFilter) throws(SystemError) {
        let socket = try NetfilterSocket()
        try socket.subscribe()
        self.socket = socket
        table = filter.name
        ownPort = filter.port
    }

    /// Readable when there may be news.
    public var fileDescriptor: CInt { socket.fileDescriptor }

    public borrowing func take() -> News {
        var news = News()
        do throws(SystemError) {
            try socket.receiveWaiting("nf_tables events", table) { message in note(message, in: &news) }
        } catch {
            // ENOBUFS: some were lost.
            news.isChanged = true
            news.isComplete = true
        }
        return news
    }

    private borrowing func note(_ message: UnsafeMutablePointer<nlmsghdr>, in news: inout News) {
        guard message.pointee.nlmsg_pid != ownPort, let type = Netfilter.type(of: message) else { return }
        if type == NFT_MSG_NEWGEN {
            // Ends the events of one change.
            news.isComplete = true
            guard let pid = Netfilter.value(.init(NFTA_GEN_PROC_PID), of: message)?.number else { return }
            let name = Netfilter.value(.init(NFTA_GEN_PROC_NAME), of: message)?.text ?? ""
            // Chosen by the process itself: it must not look like something else in a log.
            let safe = String(decoding: name.utf8.filter { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 }, as: UTF8.self)
            news.author = "\(safe.isEmpty ? "unnamed" : safe) (pid \(pid))"
            return
        }
        guard let header = nlmsg_data(message)?.loadUnaligned(as: nfgenmsg.self),
            header.nfgen_family == Netfilter.inet,
            // The first attribute of all but NEWGEN is the table's name.
            Netfilter.value(.init(NFTA_TABLE_NAME), of: message)?.text == table
        else { return }
        news.isChanged = true
    }
}
