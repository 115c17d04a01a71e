import Logging
import SealaneAEAD
import SealaneEligibility
import SealaneFleet
import SealaneLinux
import SealanePacket

/// The content of one configuration file, complete and free of contradictions. `ConfigurationDecoder` makes it.
package struct Configuration: Sendable, Equatable {
    /// This host's end of the tunnel.
    package struct Agent: Sendable, Equatable {
        /// The TUN device's name.
        package var interface: String
        /// The underlay endpoint of lane 0. Its address is never a wildcard.
        package var listen: Endpoint
        /// The interface of a link-local `listen`; nil for all others.
        package var listenZone: String?
        /// This host's overlay addresses, each with the length of the network around it.
        package var addresses: [IPPrefix]
        /// Nil: the agent draws a new key at every start and stores it in no file.
        package var privateKeyFile: String?
        /// Whether the agent creates key files that are missing.
        package var generatesKeys: Bool
        package var stateDirectory: String
        package var controlSocket: String
        /// The TUN device's MTU in bytes; nil: derived from the egress interface.
        package var mtu: Int?
    }

    package struct Session: Sendable, Equatable {
        /// The age at which a session is replaced.
        package var rekeyAfter: Duration
    }

    package struct Lanes: Sendable, Equatable {
        /// Nil: chosen by the number of processors.
        package var count: UInt8?
        /// The processors that lanes are bound to, counted from 0; empty: lanes are not bound.
        package var processors: [Int]
        /// Whether an idle lane polls for a while before it sleeps.
        package var spins: Bool
    }

    /// The authorities that this host trusts, and the certificate that it presents.
    package struct Identity: Sendable, Equatable {
        /// A certificate and its private key.
        package struct Own: Sendable, Equatable {
            package var certificateFile: String
            package var keyFile: String
        }

        /// The certificates of the fleet's authorities, in PEM.
        package var trustFile: String
        /// Nil: this host presents no certificate.
        package var own: Own?
        /// Nil: no certificate is revoked.
        package var revocationsFile: String?
        /// The greatest age of a revocation list.
        package var revocationsMaximumAge: Duration = .seconds(30 * 86400)
        /// Whether an older list makes the agent refuse every certificate. Otherwise it warns.
        package var refusesStaleRevocations = false
    }

    /// The topology snapshot by which the agent judges the routes to peers.
    package struct Topology: Sendable, Equatable {
        package var file: String
        /// The greatest age of the snapshot.
        package var maximumAge: Duration
    }

    package struct Crypto: Sendable, Equatable {
        /// Nil: the agent chooses.
        package var provider: AEADProvider?
        /// Best first; nil: all suites that this processor supports.
        package var suites: [CipherSuite]?
    }

    /// Whether the agent asks the instance metadata service about this instance, and where.
    package struct InstanceMetadata: Sendable, Equatable {
        package enum Use: String, CaseIterable, Sendable {
            /// Asks on EC2, and wherever an endpoint is configured. Stated facts count until there is an answer.
            case auto
            case off
            /// Always asks. Until there is an answer, no peer is eligible.
            case on
        }

        package var use: Use
        /// Nil: the link-local addresses of the service.
        package var endpoint: Endpoint?

        /// - Parameter hardwareVendor: the maker of this machine, from its firmware.
        package func isAsked(hardwareVendor: String?) -> Bool {
            switch use {
            case .off: false
            case .on: true
            case .auto: endpoint != nil || Self.isOnEC2(hardwareVendor: hardwareVendor)
            }
        }

        /// Every instance whose type encrypts reports this vendor. Instances on Xen report another one, and do not
        /// encrypt.
        package static func isOnEC2(hardwareVendor: String?) -> Bool { hardwareVendor == "Amazon EC2" }
    }

    package var agent: Agent
    package var crypto: Crypto
    package var lanes: Lanes
    /// Has an entry for every offload.
    package var offloads: [Offload: OffloadSetting]
    package var fleetName: String
    /// Nil: the agent ignores certificates.
    package var identity: Identity?
    /// The facts that the operator states about this instance, including its overlay addresses.
    package var facts: Facts
    package var metadata: InstanceMetadata
    /// In the order of the file.
    package var peers: [PeerDefinition]
    package var policy: Policy
    /// Nil: the agent does not judge routes.
    package var topology: Topology?
    package var session: Session
    package var logLevel: Logger.Level
    /// Nil: there is no audit log.
    package var auditLogPath: String?
    /// The TCP endpoint that serves metrics; nil: none.
    package var metricsListen: Endpoint?
    /// The positions of values in the file.
    package var source: ConfigurationSource

    /// Whether this host verifies certificates but accepts peers without one.
    package var believesWithoutCertificate: Bool { identity != nil && !policy.requiresCertificate }
}
