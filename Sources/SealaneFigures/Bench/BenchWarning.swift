/// What a reader of a report has to know before believing its figures.
public enum BenchWarning: Codable, Sendable, Equatable {
    public enum ProcessorLimit: String, Codable, Sendable {
        /// All processors of the host were busy.
        case host
        /// A thread of the agent never rested: a lane can do no more.
        case agent
        /// The transferring program took a whole processor.
        case tool
    }

    /// The rounds of these tests scatter so much that nothing can be told from them.
    case noisy(tests: [String])
    /// More of the echoes on these tests' paths never came than a p99.9 may leave out.
    case echoesLost(tests: [String])
    /// A processor is the limit of some transfers through the tunnel.
    case processorLimit(end: BenchEnd, limit: ProcessorLimit, tests: [String])
    case offloadsOff(end: BenchEnd, offloads: [String])
    /// The agent has one lane although the host has processors for more.
    case oneLane(end: BenchEnd, processors: Int)
    /// Ended by hand: fewer rounds than meant.
    case interrupted
}
