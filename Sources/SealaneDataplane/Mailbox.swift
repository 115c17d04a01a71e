import SealaneLinux
import Synchronization

/// A bounded queue between two threads that wakes its reader: an eventfd to wait on, a lock that is held for an append
/// or a swap, and for its wake. For occasional messages, not for packets.
package final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Lock<[Message]>([])
    /// Lets a reader check without the lock.
    private let count = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)
    private let capacity: Int
    private let wake: EventFD

    package init(capacity: Int) throws(SystemError) {
        self.capacity = capacity
        wake = try EventFD()
    }

    /// False, and nothing is posted, if the queue is full or closed.
    ///
    /// - Parameter room: how much of the capacity to leave for others.
    package func post(_ message: Message, leaving room: Int = 0) -> Bool {
        messages.withLock { messages in
            guard messages.count < capacity - room, !isClosed else { return false }
            messages.append(message)
            count.store(messages.count, ordering: .releasing)
            // Under the lock: a wake after the reader has popped the message would not end.
            if messages.count == 1 { wake.signal() }
            return true
        }
    }

    /// Readable exactly while messages wait, and once the mailbox is closed.
    package var fileDescriptor: Int32 { wake.fileDescriptor }

    /// Has the reader end, and refuses later messages. The reader may still pop those that wait.
    package func close() {
        messages.withLock { _ in
            closed.store(true, ordering: .releasing)
            wake.signal()
        }
    }

    package var isClosed: Bool { closed.load(ordering: .acquiring) }

    package var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    /// Removes and returns all messages, in order. For the one reader.
    package func popAll() -> [Message] {
        guard !isEmpty else { return [] }
        return messages.withLock { messages in
            if !isClosed { wake.drain() }
            count.store(0, ordering: .releasing)
            let popped = messages
            messages = []
            return popped
        }
    }
}
