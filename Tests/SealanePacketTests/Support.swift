import SealanePacket
import TestSupport
import Testing

extension SeededRandom {
    /// A random address of either family. IPv6 groups are often zero or 0xFFFF, so that texts can be shortened.
    mutating func address() -> IPAddress {
        if Bool.random(using: &self) { return IPAddress(ipv4: UInt32(truncatingIfNeeded: next())) }
        var halves: [UInt64] = [0, 0]
        for group in 0..<8 {
            let choices: [UInt64] = [0, 0, 0, 0xFFFF, next() & 0xF, next() & 0xFFFF]
            let value = choices.randomElement(using: &self) ?? 0
            halves[group / 4] = halves[group / 4] << 16 | value
        }
        return IPAddress(high: halves[0], low: halves[1])
    }
}

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text), "\(text)") }

func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text), "\(text)") }

/// The 16 bytes of the address in an IPv6 packet, also for an IPv4-mapped address.
func sixteenBytes(_ address: IPAddress) -> [UInt8] {
    address.isIPv4 ? Array(repeating: 0, count: 10) + [0xFF, 0xFF] + address.bytes : address.bytes
}

func twoBytes(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

/// `count` bytes with different neighbours.
func filler(_ count: Int) -> [UInt8] { (0..<max(count, 0)).map { UInt8(($0 * 7 + 1) % 251) } }

/// Calls `body` with a copy of `bytes` at an odd address, at the very end of its memory.
func withMemory<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 16)
    defer { memory.deallocate() }
    let copy = UnsafeMutableRawBufferPointer(rebasing: memory[1...])
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
}

func isPacket(_ bytes: [UInt8]) -> Bool { withMemory(bytes) { IPPacket($0) != nil } }

func withPacket<Result>(_ bytes: [UInt8], _ body: (IPPacket) throws -> Result) throws -> Result {
    try withMemory(bytes) { try body(try #require(IPPacket($0), "\(bytes.prefix(80))")) }
}

/// An IPv4 packet, RFC 791 section 3.1.
struct SampleIPv4 {
    var source = "10.78.0.1"
    var destination = "10.78.0.2"
    var protocolNumber: UInt8 = 17
    var typeOfService: UInt8 = 0
    /// Flags and fragment offset.
    var fragment = 0x4000
    var options: [UInt8] = []
    var payload = filler(16)

    func bytes() throws -> [UInt8] {
        let words = 5 + options.count / 4
        let lengths = [UInt8(0x40 | words), typeOfService] + twoBytes(words * 4 + payload.count)
        let middle = twoBytes(0x1234) + twoBytes(fragment) + [63, protocolNumber, 0xAB, 0xCD]
        return try lengths + middle + address(source).bytes + address(destination).bytes + options + payload
    }
}

/// An IPv6 packet, RFC 8200 section 3.
struct SampleIPv6 {
    var source = "fd00:78::1"
    var destination = "fd00:78::2"
    var nextHeader: UInt8 = 17
    var trafficClass = 0
    var flowLabel = 0x54321
    var payload = filler(16)

    func bytes() throws -> [UInt8] {
        let first = twoBytes(0x6000 | trafficClass << 4 | flowLabel >> 16) + twoBytes(flowLabel & 0xFFFF)
        let second = twoBytes(payload.count) + [nextHeader, 63]
        return try first + second + sixteenBytes(address(source)) + sixteenBytes(address(destination)) + payload
    }
}

/// The sum of RFC 1071, simple and slow, carrying after each byte pair. A message with its checksum gives 0xFFFF.
func slowSum(_ bytes: [UInt8]) -> Int {
    var sum = 0
    for (index, byte) in bytes.enumerated() {
        sum += index % 2 == 0 ? Int(byte) * 256 : Int(byte)
        if sum > 0xFFFF { sum = sum - 0x1_0000 + 1 }
    }
    return sum
}
