extension AEADKey {
    /// Compares this key's results with those of `other`, byte for byte, on fixed packets: every length to 2100 and two
    /// long ones, headers to 64 bytes, any alignment, in place and not; then with each byte altered in turn. Nil: no
    /// difference.
    ///
    /// The nonces are fixed too, so neither key may protect real traffic.
    package borrowing func firstDisagreement(with other: borrowing AEADKey) -> AEADDisagreement? {
        let packets = ComparedPackets()
        for count in Array(0...2100) + [9001, ComparedPackets.greatestByteCount] {
            if let found = packets.compare(self, with: other, count: count, headerByteCount: 16) { return found }
        }
        for headerByteCount in 0...ComparedPackets.greatestHeaderByteCount {
            if let found = packets.compare(self, with: other, count: 40, headerByteCount: headerByteCount) {
                return found
            }
        }
        for count in [0, 1, 16, 100, 300] {
            if let found = packets.forge(self, and: other, count: count) { return found }
        }
        return nil
    }
}

/// The memory for a comparison of two keys.
private struct ComparedPackets: ~Copyable {
    static let greatestByteCount = 65_500
    static let greatestHeaderByteCount = 64
    /// Marks memory after each output, to detect writes beyond it.
    private static let untouched: UInt8 = 0xA5

    private let memory: UnsafeMutableRawBufferPointer
    /// Each has room for the longest packet, its tag, one more byte and any alignment.
    private let plaintext: UnsafeMutableRawPointer
    private let sealed: UnsafeMutableRawPointer
    private let output: UnsafeMutableRawPointer
    private let header: UnsafeMutableRawPointer

    init() {
        let room = Self.greatestByteCount + AEADKey.tagByteCount + 128
        memory = .allocate(byteCount: 3 * room + Self.greatestHeaderByteCount, alignment: 64)
        for at in memory.indices { memory[at] = UInt8(truncatingIfNeeded: (at &* 2_654_435_761) >> 13) }
        plaintext = memory.baseAddress.unsafelyUnwrapped
        sealed = plaintext + room
        output = sealed + room
        header = output + room
    }

    deinit { memory.deallocate() }

    private func header(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: header, count: count) }

    private static func areEqual(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, count: Int) -> Bool {
        var difference: UInt8 = 0
        for at in 0..<count {
            difference |= one.load(fromByteOffset: at, as: UInt8.self) ^ other.load(fromByteOffset: at, as: UInt8.self)
        }
        return difference == 0
    }

    /// `key` must seal to the same bytes as `reference`, and open what `reference` sealed: into other memory and in
    /// place.
    func compare(
        _ key: borrowing AEADKey, with reference: borrowing AEADKey, count: Int, headerByteCount: Int
    ) -> AEADDisagreement? {
        let header = header(headerByteCount)
        let nonce = Nonce(bigEndianCounter: UInt64(count) &* 0x9E37_79B9_7F4A_7C15)
        let sealedCount = count + AEADKey.tagByteCount
        let plaintext = plaintext + count * 7 % 64
        let sealed = sealed + count * 5 % 64
        let output = output + count % 64
        reference.seal(plaintext, count: count, header: header, nonce: nonce, into: sealed)

        for inPlace in [false, true] {
            if inPlace { output.copyMemory(from: plaintext, byteCount: count) }
            output.storeBytes(of: Self.untouched, toByteOffset: sealedCount, as: UInt8.self)
            key.seal(inPlace ? output : plaintext, count: count, header: header, nonce: nonce, into: output)
            guard Self.areEqual(output, sealed, count: sealedCount),
                output.load(fromByteOffset: sealedCount, as: UInt8.self) == Self.untouched
            else { return .sealing(byteCount: count, headerByteCount: headerByteCount, inPlace: inPlace) }
        }
        for inPlace in [false, true] {
            let end = inPlace ? sealedCount : count
            if inPlace { output.copyMemory(from: sealed, byteCount: sealedCount) }
            output.storeBytes(of: Self.untouched, toByteOffset: end, as: UInt8.self)
            let from = inPlace ? output : sealed
            guard key.open(from, count: sealedCount, header: header, nonce: nonce, into: output),
                Self.areEqual(output, plaintext, count: count),
                output.load(fromByteOffset: end, as: UInt8.self) == Self.untouched
            else { return .opening(byteCount: count, headerByteCount: headerByteCount, inPlace: inPlace) }
        }
        return nil
    }

    /// Both must refuse a packet with one flipped bit in header, ciphertext or tag, and leave no plaintext in memory.
    func forge(_ one: borrowing AEADKey, and other: borrowing AEADKey, count: Int) -> AEADDisagreement? {
        let headerByteCount = 16
        let nonce = Nonce(bigEndianCounter: UInt64(count))
        other.seal(plaintext, count: count, header: header(headerByteCount), nonce: nonce, into: sealed)
        for at in 0..<(headerByteCount + count + AEADKey.tagByteCount) {
            let altered = at < headerByteCount ? header + at : sealed + (at - headerByteCount)
            let bit: UInt8 = 1 << (at % 8)
            altered.storeBytes(of: altered.load(as: UInt8.self) ^ bit, as: UInt8.self)
            defer { altered.storeBytes(of: altered.load(as: UInt8.self) ^ bit, as: UInt8.self) }
            guard refuses(one, nonce: nonce, count: count), refuses(other, nonce: nonce, count: count) else {
                return .forgery(byteCount: count, alteredByte: at)
            }
        }
        return nil
    }

    private func refuses(_ key: borrowing AEADKey, nonce: Nonce, count: Int) -> Bool {
        let sealedCount = count + AEADKey.tagByteCount
        output.copyMemory(from: sealed, byteCount: sealedCount)
        let accepted = key.open(output, count: sealedCount, header: header(16), nonce: nonce, into: output)
        return !accepted && UnsafeRawBufferPointer(start: output, count: count).allSatisfy { $0 == 0 }
    }
}
