// The component that every language has; ../../README.md says what it answers to which message. The package has the name that the
// generated bindings look for.
package export_airssys_core_lifecycle

import (
	"bytes"
	"fmt"

	. "go.bytecodealliance.org/pkg/wit/types"
	"wit_component/airssys_core_messaging"
	"wit_component/airssys_core_services"
	"wit_component/airssys_core_storage"
	. "wit_component/airssys_core_types"
)

type Answer = Result[Option[[]uint8], ComponentError]
type Done = Result[Unit, ComponentError]

// Of a payload the first byte says that bytes follow, as they are: the code of the codec `raw`. Others this component does not know.
const raw = 0x55

func payloadOf(content []byte) []byte {
	return append([]byte{raw}, content...)
}

var done = Ok[Unit, ComponentError](Unit{})

func failed(text string) Answer {
	return Err[Option[[]uint8], ComponentError](MakeComponentErrorFailed(text))
}

func Init(config ComponentConfig) Done {
	return done
}

func HandleMessage(message Message) Answer {
	if len(message.Payload) == 0 || message.Payload[0] != raw {
		return Err[Option[[]uint8], ComponentError](MakeComponentErrorInvalidMessage("not raw"))
	}
	content := message.Payload[1:]
	text := fmt.Sprintf("%d bytes from %s", len(content), message.Sender)
	airssys_core_services.Log(LogLevel_Info, text, nil)
	switch string(content) {
	case "trap":
		panic("asked to crash")
	case "loop":
		for {
		}
	case "eat":
		eat()
	case "err":
		return failed("asked to fail")
	case "kept":
		kept := airssys_core_storage.Get("kept")
		if kept.IsErr() {
			return failed(fmt.Sprintf("not kept: case %d", kept.Err().Tag()))
		}
		return Ok[Option[[]uint8], ComponentError](Some(payloadOf(kept.Ok().SomeOr(nil))))
	}
	if rest, found := bytes.CutPrefix(content, []byte("keep:")); found {
		if kept := airssys_core_storage.Set("kept", rest); kept.IsErr() {
			return failed(fmt.Sprintf("not kept: case %d", kept.Err().Tag()))
		}
	}
	if rest, found := bytes.CutPrefix(content, []byte("fwd:")); found {
		if sent := airssys_core_messaging.SendMessage("other", payloadOf(rest)); sent.IsErr() {
			return failed(fmt.Sprintf("not forwarded: case %d", sent.Err().Tag()))
		}
	}
	return Ok[Option[[]uint8], ComponentError](Some(payloadOf(bytes.ToUpper(content))))
}

// Takes memory until the host refuses, which Go answers with a fatal error.
func eat() {
	var eaten [][]byte
	for {
		piece := make([]byte, 64<<10)
		for i := range piece {
			piece[i] = 1
		}
		eaten = append(eaten, piece)
	}
}

func Metadata() ComponentMetadata {
	return ComponentMetadata{Description: "Echoes in capitals", Language: "Go"}
}

func HandleCallback(request RequestId, outcome Result[[]uint8, RequestError]) Done {
	return done
}

func Execute(operation []uint8, ctx ExecutionContext) Result[[]uint8, ExecutionError] {
	return Err[[]uint8, ExecutionError](MakeExecutionErrorInvalidOperation("no operations"))
}

func SupportedCodecs() []uint64 {
	return nil
}

func Health() HealthReport {
	return HealthReport{Status: HealthStatus_Healthy}
}

func Shutdown() Done {
	return done
}
