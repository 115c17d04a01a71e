/// What a reader must know before trusting the figures of a report.
package enum BenchWarning: Codable, Sendable, Equatable {
    package enum ProcessorLimit: String, Codable, Sendable {
        /// All processors of the host were busy.
        case host
        /// One thread of the agent was always busy, so its lane was at its limit.
        case agent
        /// The transferring program used a whole processor.
        case tool
    }

    /// The rounds of these tests scatter so much that they show nothing.
    case noisy(tests: [String])
    /// On these tests' paths, more echoes were lost than a p99.9 may ignore.
    case echoesLost(tests: [String])
    /// A processor limited some transfers through the tunnel.
    case processorLimit(end: BenchEnd, limit: ProcessorLimit, tests: [String])
    case offloadsOff(end: BenchEnd, offloads: [String])
    /// The agent has one lane although the host has more processors.
    case oneLane(end: BenchEnd, processors: Int)
    /// The user ended the run: there are fewer rounds than planned.
    case interrupted
}
