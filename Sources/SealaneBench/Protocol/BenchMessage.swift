import FoundationEssentials
import SealaneEligibility
import SealaneFigures

/// One line that client and server exchange: JSON in UTF-8, then a newline. `sealane bench run` sends
/// requests, and `sealane bench serve` replies to each of them once, in order.
package enum BenchMessage {
    /// Must be equal at both ends: figures measured by different methods cannot be compared.
    package static var protocolVersion: Int { 1 }
    /// The greatest length of a line without its newline.
    package static var byteLimit: Int { 64 << 10 }

    /// Returns the line without its newline.
    package static func encode(_ message: some BenchMessageContent) throws(BenchError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try [UInt8](encoder.encode(message))
        } catch {
            throw BenchError("cannot encode a message as JSON: \(error)")
        }
    }

    /// - Parameter line: the line without its newline.
    package static func decode<Message: BenchMessageContent>(
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
                "cannot decode a message: \(BenchText.quoted(String(decoding: line, as: UTF8.self)))")
        }
        try message.validate()
        return message
    }
}

/// A message that can be decoded from a line and validates its values.
package protocol BenchMessageContent: Codable, Sendable, Equatable {
    func validate() throws(BenchError)
}

/// A request of `sealane bench run`.
package enum BenchRequest: BenchMessageContent {
    /// The first request; sent once.
    case hello(protocolVersion: Int, version: String)
    /// Asks for the facts of the server's host, which has these addresses on the underlay and in the tunnel.
    case host(plain: String, tunnel: String)
    /// Starts an iperf3 server at this address, for one transfer of at most so many seconds. Only one runs at a time.
    case startTransfer(address: String, seconds: Int)
    /// Ends the iperf3 server.
    case endTransfer
    /// Starts a UDP echo server at this address. Only one runs at a time.
    case startEcho(address: String)
    case endEcho
    /// Asks for the CPU time used so far.
    case usage

    /// The longest transfer in any request; a server may allow less.
    package static var longestTransferSeconds: Int { 600 }

    package func validate() throws(BenchError) {
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

/// A reply of `sealane bench serve`.
package enum BenchReply: BenchMessageContent {
    case welcome(version: String, limits: BenchLimits, iperf: String)
    /// - bootID: equal on all hosts that share one kernel.
    case host(BenchHost, bootID: String?)
    /// Refuses the request, with a sentence for the user.
    case refused(String)
    /// The server that was asked for listens on this port.
    case started(port: Int)
    /// The bytes that the transfer carried.
    case transferEnded(bytes: UInt64)
    case echoEnded
    case usage(BenchUsage)

    package static func refusal(_ error: any Error) -> BenchReply {
        .refused(PayloadText.fit("\(error)", limit: reasonByteLimit))
    }

    private static var reasonByteLimit: Int { 1000 }

    package func validate() throws(BenchError) {
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

/// What a server allows one client.
package struct BenchLimits: Codable, Sendable, Equatable {
    /// The length of one transfer.
    package var seconds: Int
    /// The sum over all transfers of a run.
    package var byteCount: UInt64

    package init(seconds: Int = 60, byteCount: UInt64 = 4 << 40) {
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
