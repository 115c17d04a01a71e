import SealaneLinux
import Synchronization

/// A bounded queue between two threads that wakes its reader: an eventfd to wait on, a lock that is held for an append
/// or a swap, and for the wake that goes with it. For what is decided now and then, not for packets.
public final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Lock<[Message]>([])
    /// So that a reader in its loop can look without taking the lock.
    private let count = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)
    private let capacity: Int
    private let wake: EventFD

    public init(capacity: Int) throws(SystemError) {
        self.capacity = capacity
        wake = try EventFD()
    }

    /// False, and the message is not taken, when the queue is full or closed.
    ///
    /// - Parameter room: how much of the capacity is to be left for others.
    public func post(_ message: Message, leaving room: Int = 0) -> Bool {
        messages.withLock { messages in
            guard messages.count < capacity - room, !isClosed else { return false }
            messages.append(message)
            count.store(messages.count, ordering: .releasing)
            // Under the lock: once the message is taken, a wake that comes later would not end.
            if messages.count == 1 { wake.signal() }
            return true
        }
    }

    /// Readable exactly while messages wait, and once the mailbox is closed.
    public var fileDescriptor: Int32 { wake.fileDescriptor }

    /// Tells the reader to end, and refuses what comes later. What waits may still be taken.
    public func close() {
        messages.withLock { _ in
            closed.store(true, ordering: .releasing)
            wake.signal()
        }
    }

    public var isClosed: Bool { closed.load(ordering: .acquiring) }

    public var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    /// All that waits, in order. To be called by the one reader.
    public func take() -> [Message] {
        guard !isEmpty else { return [] }
        return messages.withLock { messages in
            if !isClosed { wake.drain() }
            count.store(0, ordering: .releasing)
            let taken = messages
            messages = []
            return taken
        }
    }
}
