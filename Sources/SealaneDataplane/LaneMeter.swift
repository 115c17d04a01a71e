import SealaneLinux

/// System calls of a lane and what they carried, since it began: the effect of batching.
package struct LaneCounters: Sendable, Equatable {
    /// Reads of the TUN that returned a super-packet.
    package var superPacketsRead: UInt64 = 0
    /// Messages to the socket, and the datagrams they carried.
    package var messagesSent: UInt64 = 0
    package var datagramsSent: UInt64 = 0
    /// Messages from the socket, and the datagrams they carried.
    package var messagesReceived: UInt64 = 0
    package var datagramsReceived: UInt64 = 0
    /// Writes to the TUN, and the packets they carried.
    package var writes: UInt64 = 0
    package var packetsWritten: UInt64 = 0
    /// Times that the lane slept.
    package var sleeps: UInt64 = 0

    package init() {}
}

/// The reading of one lane, for other threads. The lane updates it with every report, and when it loses an offload.
package final class LaneMeter: Sendable {
    private let reading = Lock(LaneReading())

    func show(_ counters: LaneCounters) {
        reading.withLock { $0.counters = counters }
    }

    func record(_ loss: OffloadLoss) {
        reading.withLock { reading in
            if !reading.losses.contains(where: { $0.offload == loss.offload }) { reading.losses.append(loss) }
        }
    }

    /// The offload works again.
    func forget(_ offload: Offload) {
        reading.withLock { reading in reading.losses.removeAll { $0.offload == offload } }
    }

    package var now: LaneReading { reading.withLock { $0 } }
}

package struct LaneReading: Sendable, Equatable {
    package var counters = LaneCounters()
    /// In the order of time; each offload once.
    package var losses: [OffloadLoss] = []
}
