import Foundation

/// How the logarithm of a measured rate scatters around its true value.
enum Noise: CaseIterable {
    /// Normal, standard deviation 0.05.
    case normal
    /// Student's with 2 degrees of freedom: no finite variance.
    case heavyTailed
    /// One in five is slowed, by up to many times, as by a neighbour on the same machine.
    case stalled
    /// As much noise, but rising and falling slowly on both paths alike.
    case drifting

    /// The errors of plain and tunnel in one round.
    func draw(round: Int, _ random: inout some RandomNumberGenerator) -> (plain: Double, tunnel: Double) {
        func uniform() -> Double { Double.random(in: 0x1p-53...1, using: &random) }
        func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
        func one() -> Double {
            switch self {
            case .normal: 0.05 * normal()
            case .heavyTailed: 0.04 * normal() / (-log(uniform())).squareRoot()
            case .stalled: 0.02 * normal() - (uniform() < 0.2 ? 0.2 * (pow(uniform(), -1 / 1.5) - 1) : 0)
            case .drifting: 0.01 * normal() + 0.3 * sin(Double(round))
            }
        }
        return (one(), one())
    }
}
