import NIOCore
import SealaneLinux

/// The open connections of a listener.
final class Connections: Sendable {
    enum Decision {
        case served, refused, closed
    }

    private struct Open {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// The number of those that only get an error.
        var refusedCount = 0
    }

    /// Nil: the listener has closed.
    private let open = Lock<Open?>(Open())

    func add(_ channel: any Channel) -> Decision {
        let id = ObjectIdentifier(channel)
        let decision = open.withLock { open -> Decision in
            guard let now = open else { return .closed }
            let servedCount = now.channels.count - now.refusedCount
            if servedCount >= ControlListener.connectionLimit {
                guard now.refusedCount < ControlListener.refusalLimit else { return .closed }
                open?.refusedCount += 1
            }
            open?.channels[id] = channel
            return servedCount < ControlListener.connectionLimit ? .served : .refused
        }
        guard decision != .closed else { return .closed }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { open in
                open?.channels[id] = nil
                if decision == .refused { open?.refusedCount -= 1 }
            }
        }
        return decision
    }

    /// Accepts no more connections, and returns the open ones for the caller to close.
    func end() -> [any Channel] {
        open.withLock { open in
            defer { open = nil }
            return open.map { Array($0.channels.values) } ?? []
        }
    }
}
