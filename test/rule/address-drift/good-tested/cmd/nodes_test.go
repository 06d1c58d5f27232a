package nodes

var anna = "192.168.1.10" // anna
var nodes = map[string]string{
	"anna": "192.168.1.10",
}
