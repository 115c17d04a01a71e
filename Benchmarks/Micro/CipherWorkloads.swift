import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport

/// Packets side by side, as many as a receive call brings in, each with room for what sealing adds around it.
struct PacketMemory: ~Copyable {
    let count: Int
    let packetByteCount: Int
    let stride: Int
    private let memory: UnsafeMutableRawPointer

    init(packetByteCount: Int) {
        self.packetByteCount = packetByteCount
        stride = (packetByteCount + TunnelLimits.sealOverhead + 63) & ~63
        // 128 KiB: the most that a lane seals before it sends.
        count = min(max(131_072 / stride, 1), 256)
        memory = .allocate(byteCount: count * stride, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0x5A, count: count * stride)
    }

    deinit { memory.deallocate() }

    subscript(at: Int) -> UnsafeMutableRawPointer { memory + at &* stride }
}

/// `AEADKey.seal`, from one place into another.
struct KeySeal: Workload, ~Copyable {
    private let key: AEADKey
    private let plain: PacketMemory
    private let sealed: PacketMemory
    private var counter: UInt64 = 0

    init(_ suite: CipherSuite, _ provider: AEADProvider, byteCount: Int) throws {
        key = try AEADKey(suite: suite, key: SecretBytes(count: AEADKey.keyByteCount), provider: provider)
        plain = PacketMemory(packetByteCount: byteCount)
        sealed = PacketMemory(packetByteCount: byteCount)
    }

    var unitsPerAct: Int { plain.count }

    mutating func act() {
        for at in 0..<plain.count {
            let header = UnsafeRawBufferPointer(start: sealed[at], count: DataHeader.byteCount)
            key.seal(
                plain[at], count: plain.packetByteCount, header: header, nonce: Nonce(bigEndianCounter: counter),
                into: sealed[at] + DataHeader.byteCount)
            counter &+= 1
        }
    }
}

/// `AEADKey.open`, from one place into another.
struct KeyOpen: Workload, ~Copyable {
    private let key: AEADKey
    private let sealed: PacketMemory
    private let plain: PacketMemory

    init(_ suite: CipherSuite, _ provider: AEADProvider, byteCount: Int) throws {
        key = try AEADKey(suite: suite, key: SecretBytes(count: AEADKey.keyByteCount), provider: provider)
        sealed = PacketMemory(packetByteCount: byteCount)
        plain = PacketMemory(packetByteCount: byteCount)
        for at in 0..<sealed.count {
            key.seal(
                plain[at], count: byteCount, header: header(at), nonce: nonce(at),
                into: sealed[at] + DataHeader.byteCount)
        }
    }

    var unitsPerAct: Int { sealed.count }

    private func header(_ at: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: sealed[at], count: DataHeader.byteCount)
    }

    private func nonce(_ at: Int) -> Nonce { Nonce(bigEndianCounter: UInt64(at)) }

    mutating func act() {
        var opened = 0
        for at in 0..<sealed.count {
            let isAuthentic = key.open(
                sealed[at] + DataHeader.byteCount, count: sealed.packetByteCount + AEADKey.tagByteCount,
                header: header(at), nonce: nonce(at), into: plain[at])
            opened &+= isAuthentic ? 1 : 0
        }
        precondition(opened == sealed.count, "a packet that this key sealed does not open")
    }
}

/// `Lane.seal`, with a session found once.
struct LaneSeal: Workload, ~Copyable {
    fileprivate var pair: LanePair
    private let session: SealingSession
    private let packets: PacketMemory
    fileprivate let datagrams: PacketMemory

    init(_ suite: CipherSuite, _ provider: AEADProvider, byteCount: Int) throws {
        let pair = try LanePair.established(suite, provider, interfaceMTU: 9001)
        guard let session = pair.near.lane.sealingSession(for: pair.farAddress) else {
            throw Failure("the session does not seal")
        }
        self.session = session
        let packet = SamplePacket.udp(from: pair.nearAddress, to: pair.farAddress, byteCount: byteCount)
        packets = PacketMemory(packetByteCount: byteCount)
        datagrams = PacketMemory(packetByteCount: byteCount)
        for at in 0..<packets.count { packets[at].copyMemory(from: packet, byteCount: byteCount) }
        self.pair = pair
    }

    var unitsPerAct: Int { packets.count }
    fileprivate var datagramByteCount: Int { packets.packetByteCount + TunnelLimits.sealOverhead }

    mutating func act() {
        var byteCount = 0
        for at in 0..<packets.count {
            byteCount &+= pair.near.lane.seal(
                UnsafeRawBufferPointer(start: packets[at], count: packets.packetByteCount), isChecksumPartial: true,
                with: session, into: datagrams[at])
        }
        precondition(byteCount == packets.count * datagramByteCount, "the session seals no more")
    }
}

/// `Lane.open`, in place.
struct LaneOpen: Workload, ~Copyable {
    private var sealing: LaneSeal

    init(_ suite: CipherSuite, _ provider: AEADProvider, byteCount: Int) throws {
        sealing = try LaneSeal(suite, provider, byteCount: byteCount)
    }

    var unitsPerAct: Int { sealing.unitsPerAct }

    mutating func prepare() { sealing.act() }

    mutating func act() {
        var opened = 0
        let arrival = Arrival(
            source: sealing.pair.near.endpoint, destination: sealing.pair.far.endpoint,
            hopLimit: TunnelLimits.hopLimit)
        for at in 0..<sealing.datagrams.count {
            let outcome = sealing.pair.far.lane.open(
                sealing.datagrams[at], byteCount: sealing.datagramByteCount, arrival)
            if case .packet = outcome { opened &+= 1 }
        }
        precondition(opened == sealing.datagrams.count, "the lane does not open what the other end sealed")
    }
}
