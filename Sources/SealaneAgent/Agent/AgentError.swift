import SealaneConfiguration
import SealaneLinux

/// Why an agent cannot start.
package enum AgentError: Error, Sendable, Hashable, CustomStringConvertible {
    case missingNetAdmin
    /// Another host on the link has an address of the configuration.
    case addressDuplicate(ConfigurationProblem)
    /// The configuration requires an offload that does not work here.
    case offloadUnavailable(Offload, why: String)

    package var description: String {
        switch self {
        case .missingNetAdmin:
            "sealaned needs CAP_NET_ADMIN for its network device: start it as root, or give it that capability"
        case .addressDuplicate(let problem): "\(problem)"
        case .offloadUnavailable(let offload, let why):
            "offload.\(offload.rawValue) is on but does not work here: \(why); auto starts without it"
        }
    }
}
