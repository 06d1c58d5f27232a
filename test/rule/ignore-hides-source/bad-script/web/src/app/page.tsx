import { cn } from "@/lib/utils";
import { help } from "../../helpers/help";
export default function Page() { return cn(help); }
