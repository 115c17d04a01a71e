/// Formats numbers for people. The result does not depend on the locale.
package enum Digits {
    /// Three significant digits, at most two after the point: 0.05, 1.24, 12.4, 124, 1240.
    package static func significant(_ value: Double) -> String {
        let places = value.magnitude < 9.995 ? 2 : value.magnitude < 99.95 ? 1 : 0
        return fixed(value, places)
    }

    /// `places`: 0...9.
    package static func fixed(_ value: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * Double(scale)).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let whole = Int(scaled)
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let fraction = "\(whole % scale)"
        return "\(sign)\(whole / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
