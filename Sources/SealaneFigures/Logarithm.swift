/// Natural logarithm and exponential. The C library's functions would bring its system calls into a pure module.
enum Logarithm {
    private static var ofTwo: Double { 0.693_147_180_559_945_309_4 }

    /// ln `value`, with a relative error of about 1e-15. `value` must be positive and finite.
    static func natural(_ value: Double) -> Double {
        var mantissa = value.significand
        var exponent = Double(value.exponent)
        if mantissa > 1.414 {
            mantissa /= 2
            exponent += 1
        }
        // ln m = 2 artanh((m - 1) / (m + 1)), a series in odd powers of at most 0.172.
        let base = (mantissa - 1) / (mantissa + 1)
        var power = base
        var sum = 0.0
        for odd in stride(from: 1.0, through: 25, by: 2) {
            sum += power / odd
            power *= base * base
        }
        return exponent * ofTwo + 2 * sum
    }

    /// e to the power of `value`. Clamps `value` to ±700.
    static func exponential(_ value: Double) -> Double {
        let value = min(max(value, -700), 700)
        let twos = (value / ofTwo).rounded()
        let rest = value - twos * ofTwo
        var term = 1.0
        var sum = 1.0
        for step in 1...18 {
            term *= rest / Double(step)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: Int(twos), significand: 1)
    }
}
