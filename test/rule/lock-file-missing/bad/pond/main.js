console.log("frogs");
