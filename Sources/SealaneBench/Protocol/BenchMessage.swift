import FoundationEssentials
import SealaneEligibility
import SealaneFigures

/// One line of a conversation between `sealane bench run`, which asks, and `sealane bench serve`, which answers each request
/// once, in order: JSON in UTF-8, then a newline.
public enum BenchMessage {
    /// Both ends must have the same: figures of two methods do not compare.
    public static var protocolVersion: Int { 1 }
    /// Of a line, without its newline.
    public static var byteLimit: Int { 64 << 10 }

    /// Without the newline.
    public static func encode(_ message: some BenchMessageContent) throws(BenchError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try [UInt8](encoder.encode(message))
        } catch {
            throw BenchError("a message cannot be written as JSON: \(error)")
        }
    }

    /// - Parameter line: without its newline.
    public static func decode<Message: BenchMessageContent>(
        _ type: Message.Type, from line: [UInt8]
    ) throws(BenchError) -> Message {
        guard line.count <= byteLimit else {
            throw BenchError("a message of \(line.count) bytes; expected at most \(byteLimit)")
        }
        let message: Message
        do {
            message = try JSONDecoder().decode(type, from: Data(line))
        } catch {
            throw BenchError(
                "a message that is not understood: \(BenchText.quoted(String(decoding: line, as: UTF8.self)))")
        }
        try message.validate()
        return message
    }
}

/// What can be read of a line: it decodes, and its values make sense.
public protocol BenchMessageContent: Codable, Sendable, Equatable {
    func validate() throws(BenchError)
}

/// What `sealane bench run` asks for.
public enum BenchRequest: BenchMessageContent {
    /// First, and once.
    case hello(protocolVersion: Int, version: String)
    /// What the server is, at these of its addresses: on the underlay and in the tunnel.
    case host(plain: String, tunnel: String)
    /// A one-off iperf3 server at one of the server's addresses, for a transfer of at most so many seconds. One at a time.
    case startTransfer(address: String, seconds: Int)
    /// The end of the iperf3 server.
    case endTransfer
    /// A UDP echo at one of the server's addresses. One at a time.
    case startEcho(address: String)
    case endEcho
    /// What processors have worked up to now.
    case usage

    /// Whatever the server's own limit.
    public static var longestTransferSeconds: Int { 600 }

    public func validate() throws(BenchError) {
        switch self {
        case .hello(let protocolVersion, let version):
            try BenchText.validate(protocolVersion, "protocol version", in: 1...1_000_000)
            try BenchText.validate(version, "version", limit: 64)
        case .host(let plain, let tunnel):
            try BenchText.validate(address: plain)
            try BenchText.validate(address: tunnel)
        case .startEcho(let address):
            try BenchText.validate(address: address)
        case .startTransfer(let address, let seconds):
            try BenchText.validate(address: address)
            try BenchText.validate(seconds, "seconds", in: 1...Self.longestTransferSeconds)
        case .endTransfer, .endEcho, .usage:
            break
        }
    }
}

/// What `sealane bench serve` answers.
public enum BenchReply: BenchMessageContent {
    case welcome(version: String, limits: BenchLimits, iperf: String)
    /// - bootID: the same on every host of one machine.
    case host(BenchHost, bootID: String?)
    /// The request is not done, and why: a sentence for the user.
    case refused(String)
    /// What was started listens on this port.
    case started(port: Int)
    /// What the transfer has carried.
    case transferEnded(bytes: UInt64)
    case echoEnded
    case usage(BenchUsage)

    public static func refusal(_ error: any Error) -> BenchReply {
        .refused(PayloadText.fit("\(error)", limit: reasonByteLimit))
    }

    private static var reasonByteLimit: Int { 1000 }

    public func validate() throws(BenchError) {
        switch self {
        case .welcome(let version, let limits, let iperf):
            try BenchText.validate(version, "version", limit: 64)
            try BenchText.validate(iperf, "iperf3 version", limit: 64)
            try limits.validate()
        case .host(let host, let bootID):
            try host.validate()
            try BenchText.validate(bootID ?? "", "boot ID", limit: 64)
        case .refused(let why): try BenchText.validate(why, "reason", limit: Self.reasonByteLimit)
        case .started(let port): try BenchText.validate(port, "port", in: 1...65535)
        case .transferEnded, .echoEnded: break
        case .usage(let usage): try usage.validate()
        }
    }
}

/// What a server grants one client.
public struct BenchLimits: Codable, Sendable, Equatable {
    /// Of one transfer.
    public var seconds: Int
    /// Of all transfers of a run together.
    public var byteCount: UInt64

    public init(seconds: Int = 60, byteCount: UInt64 = 4 << 40) {
        self.seconds = seconds
        self.byteCount = byteCount
    }

    func validate() throws(BenchError) {
        try BenchText.validate(seconds, "seconds", in: 1...BenchRequest.longestTransferSeconds)
    }
}

extension BenchHost {
    fileprivate func validate() throws(BenchError) {
        try BenchText.validate(name, "host name", limit: 255)
        try BenchText.validate(kernel, "kernel", limit: 255)
        try BenchText.validate(processors, "processors", in: 1...1_000_000)
        try BenchText.validate(processorModel ?? "", "processor model", limit: 255)
        try BenchText.validate(address: address)
        try BenchText.validate(mtu, "MTU", in: 68...1_000_000)
        guard let agent else { return }
        try BenchText.validate(agent.version, "agent version", limit: 64)
        try BenchText.validate(agent.interface, "interface", limit: 15)
        try BenchText.validate(agent.mtu, "MTU", in: 68...1_000_000)
        try BenchText.validate(address: agent.address)
        try BenchText.validate(agent.cipherSuite, "cipher suite", limit: 64)
        try BenchText.validate(agent.provider, "provider", limit: 64)
        try BenchText.validate(agent.lanes, "lanes", in: 1...65535)
        try BenchText.validate(agent.offloads.count, "number of offloads", in: 0...64)
        for offload in agent.offloads {
            try BenchText.validate(offload.name, "offload", limit: 64)
            try BenchText.validate(offload.reason ?? "", "reason", limit: 1000)
        }
    }
}
