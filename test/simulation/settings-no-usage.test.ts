import { describeSingles } from './describe-vendor.ts';

describeSingles('no-usage', 'in other settings');
