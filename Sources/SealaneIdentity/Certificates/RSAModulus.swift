/// The RSA public-key operation (RFC 8017 section 5.2.2): exponentiation modulo a public number. Not constant-time; all
/// inputs are public.
struct RSAModulus {
    let bitCount: Int
    /// Least significant limb first. All numbers in this type have this order and the same number of limbs.
    private let modulus: [UInt64]
    private let exponent: UInt64
    /// -1/modulus, modulo 2^64.
    private let negatedInverse: UInt64
    private let byteCount: Int

    private static var bitLimit: Int { 16384 }

    /// Both are big-endian. Nil unless the modulus is odd with 2048 to 16384 bits, and the exponent is odd with 2 to 64
    /// bits.
    init?(bytes: [UInt8], exponent: [UInt8]) {
        let digits = bytes.drop { $0 == 0 }
        let power = exponent.drop { $0 == 0 }
        let bitCount = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        guard (2048...Self.bitLimit).contains(bitCount), digits.last.map({ $0 & 1 == 1 }) == true,
            (1...8).contains(power.count)
        else { return nil }
        self.bitCount = bitCount
        byteCount = digits.count
        self.exponent = power.reduce(0) { $0 << 8 | UInt64($1) }
        guard self.exponent > 1, self.exponent & 1 == 1 else { return nil }
        modulus = Self.limbs(digits, count: (digits.count + 7) / 8)
        // Newton's method: each step doubles the number of correct bits.
        var inverse = modulus[0]
        for _ in 0..<6 { inverse = inverse &* (2 &- modulus[0] &* inverse) }
        negatedInverse = 0 &- inverse
    }

    /// `base` to the power of the exponent, in as many bytes as the modulus. Nil unless `base` has that length and is
    /// less than the modulus.
    func power(of base: [UInt8]) -> [UInt8]? {
        guard base.count == byteCount else { return nil }
        let base = Self.limbs(base[...], count: modulus.count)
        guard Self.isLess(base, modulus) else { return nil }
        let factor = product(base, squaredRadix)
        var result = factor
        for bit in (0..<63 - exponent.leadingZeroBitCount).reversed() {
            result = product(result, result)
            if exponent >> bit & 1 == 1 { result = product(result, factor) }
        }
        var one = [UInt64](repeating: 0, count: modulus.count)
        one[0] = 1
        return bytes(product(result, one))
    }

    /// left · right / 2^(64 · limbs), modulo the modulus (Montgomery multiplication).
    private func product(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        let count = modulus.count
        var sum = [UInt64](repeating: 0, count: count + 2)
        for digit in right {
            Self.add(left, times: digit, to: &sum)
            Self.add(modulus, times: sum[0] &* negatedInverse, to: &sum)
            // Drop the least significant limb, which is 0.
            sum.removeFirst()
            sum.append(0)
        }
        let result = Array(sum[..<count])
        return sum[count] == 0 && Self.isLess(result, modulus) ? result : Self.difference(result, modulus)
    }

    /// (2^(64 · limbs))², modulo the modulus.
    private var squaredRadix: [UInt64] {
        var value = [UInt64](repeating: 0, count: modulus.count)
        value[0] = 1
        for _ in 0..<128 * modulus.count {
            var carry: UInt64 = 0
            for index in value.indices {
                (value[index], carry) = (value[index] << 1 | carry, value[index] >> 63)
            }
            if carry == 1 || !Self.isLess(value, modulus) { value = Self.difference(value, modulus) }
        }
        return value
    }

    private static func add(_ number: [UInt64], times digit: UInt64, to sum: inout [UInt64]) {
        var carry: UInt64 = 0
        for index in number.indices {
            let (high, low) = number[index].multipliedFullWidth(by: digit)
            let (first, isOver) = sum[index].addingReportingOverflow(low)
            let (second, isOverAgain) = first.addingReportingOverflow(carry)
            sum[index] = second
            carry = high &+ (isOver ? 1 : 0) &+ (isOverAgain ? 1 : 0)
        }
        var index = number.count
        while carry > 0, index < sum.count {
            let (value, isOver) = sum[index].addingReportingOverflow(carry)
            sum[index] = value
            carry = isOver ? 1 : 0
            index += 1
        }
    }

    private static func isLess(_ left: [UInt64], _ right: [UInt64]) -> Bool {
        for index in left.indices.reversed() where left[index] != right[index] { return left[index] < right[index] }
        return false
    }

    /// Modulo 2^(64 · limbs).
    private static func difference(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var result = left
        var borrow: UInt64 = 0
        for index in left.indices {
            let (first, isUnder) = left[index].subtractingReportingOverflow(right[index])
            let (second, isUnderAgain) = first.subtractingReportingOverflow(borrow)
            result[index] = second
            borrow = isUnder || isUnderAgain ? 1 : 0
        }
        return result
    }

    private static func limbs(_ bytes: ArraySlice<UInt8>, count: Int) -> [UInt64] {
        var limbs = [UInt64](repeating: 0, count: count)
        for (place, byte) in bytes.reversed().enumerated() { limbs[place / 8] |= UInt64(byte) << (8 * (place % 8)) }
        return limbs
    }

    private func bytes(_ limbs: [UInt64]) -> [UInt8] {
        (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: limbs[$0 / 8] >> (8 * ($0 % 8))) }
    }
}
