import { describeDangerousPairs } from './describe-vendor.ts';

describeDangerousPairs('no-usage');
